import { describe, expect, it } from "vitest";
import type { MeshError } from "../../src/base/errors.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { settled } from "../rpc/line.ts";

const GATEWAYS = [1, 2, 3];
const PROVIDER = 10;
const CALLER = 20;

const startGateway = (world: World, number: number) =>
  startSimNode(world, number, {
    mode: "gateway",
    listen: true,
    links: "auto",
    bootstrap: GATEWAYS.filter((other) => other !== number),
  });

/** Three gateways, and two edges that know the first so many of them by address. */
async function mesh(seed: number, known: number) {
  const world = new World({ seed, link: { delay: [1, 10] } });
  for (const number of GATEWAYS) await startGateway(world, number);
  const bootstrap = GATEWAYS.slice(0, known);
  const edge = (number: number) =>
    startSimNode(world, number, { mode: "edge", links: "auto", bootstrap });
  const [provider, caller] = [await edge(PROVIDER), await edge(CALLER)];
  await world.run(Promise.all([provider, caller].map((node) => node.ready())));
  await world.advance(20_000);
  await world.run(provider.register("echo", (value) => value));
  expect(await world.run(caller.call("echo", 1))).toBe(1);
  return { world, provider, caller };
}

/** Lets time pass until `condition` holds; the time it took, at most `most`. */
async function timeUntil(world: World, most: number, condition: () => boolean): Promise<number> {
  const before = world.clock.now();
  while (!condition() && world.clock.now() - before < most) await world.advance(10);
  return world.clock.now() - before;
}

const isCutOff = (node: MeshNode): boolean =>
  node.status().health.reasons.some((reason) => reason.startsWith("cut_off: "));

/** Code of a call's failure and the time it took; the code is "answered" where it did not fail. */
async function tryCall(world: World, caller: MeshNode, timeout: number): Promise<[string, number]> {
  const before = world.clock.now();
  // The time is taken as the call ends: the world may go on for a moment before it is seen to have.
  const told = (code: string): [string, number] => [code, world.clock.now() - before];
  const work = caller.call("echo", 2, { timeout }).then(
    () => told("answered"),
    (cause: MeshError) => told(cause.code),
  );
  return await world.run(work);
}

describe("an edge whose anchors are all gone", () => {
  it.each([1, 2, 3, 4, 5])(
    "says so within 5 s, fails calls by name and in time, and is back 3 s after one of them, seed %i",
    async (seed) => {
      const { world, provider, caller } = await mesh(seed, 3);
      for (const number of GATEWAYS) world.crash(number);
      const edges = [provider, caller];
      expect(await timeUntil(world, 10_000, () => edges.every(isCutOff))).toBeLessThan(5_000);
      expect(caller.status()).toMatchObject({
        ready: false,
        anchors: [],
        links: [],
        health: { state: "degraded" },
        counters: { times_cut_off: 1 },
      });
      for (const timeout of [200, 2_000]) {
        const [code, took] = await tryCall(world, caller, timeout);
        expect(["no_route", "timeout", "no_provider"]).toContain(code);
        // Deadlines are told apart to eight milliseconds.
        expect(took).toBeLessThanOrEqual(timeout + 8);
      }
      await world.advance(60_000);
      expect(edges.every(isCutOff)).toBe(true);

      await startGateway(world, 1 + (seed % 3));
      const back = await timeUntil(world, 30_000, () => edges.every((node) => node.status().ready));
      expect(back).toBeLessThan(3_000);
      expect(edges.some(isCutOff)).toBe(false);
      expect(
        world.trace.tail().filter((line) => line.includes("node 20: warn cut_off")),
      ).toHaveLength(1);
      const answered = await timeUntil(world, 10_000, () => false);
      expect(answered).toBe(10_000);
      expect(await world.run(settled(caller.call("echo", 3)))).toBe(3);
    },
  );

  it.each([1, 2, 3, 4, 5])(
    "comes back when its own network does, though nobody it was told of is there, seed %i",
    async (seed) => {
      const { world, caller } = await mesh(seed, 1);
      world.crash(1);
      await world.advance(20_000);
      expect(await world.run(settled(caller.call("echo", 2)))).toBe(2);
      const others = [...GATEWAYS, PROVIDER].map((number) => world.ip(number));
      const { conditions } = world.network;
      for (const ip of others) {
        conditions.cutOneWay(world.ip(CALLER), ip);
        conditions.cutOneWay(ip, world.ip(CALLER));
      }
      await world.advance(60_000);
      expect(isCutOff(caller)).toBe(true);
      for (const ip of others) {
        conditions.healOneWay(world.ip(CALLER), ip);
        conditions.healOneWay(ip, world.ip(CALLER));
      }
      const back = await timeUntil(world, 600_000, () => caller.status().ready);
      expect(back).toBeLessThan(10_000);
      expect(await world.run(settled(caller.call("echo", 3)))).toBe(3);
    },
  );
});

describe("a node that never had a link", () => {
  it("says after 3 s that it is cut off, and not before", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "edge", links: "auto", bootstrap: [1] });
    await world.advance(2_900);
    expect(isCutOff(node)).toBe(false);
    await world.advance(200);
    expect(isCutOff(node)).toBe(true);
  });

  it("is the first of its mesh where it was told of nobody, and is well", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true, links: "auto" });
    await world.advance(10_000);
    expect(node.status().health.state).toBe("healthy");
  });
});
