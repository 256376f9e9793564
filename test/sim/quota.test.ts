import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { settled } from "../rpc/line.ts";

const PROVIDER = 10;
const CALLER = 20;
const TEXT = "x".repeat(1_000);

/** Gateways 1 and 2, of which those `limited` pass on next to nothing, and two edges that are linked to both. */
async function scene(limited: readonly number[], seed = 1) {
  const world = new World({ seed, link: { delay: [1, 5] } });
  const forwarding = { inAll: 2_000 };
  const gateways: MeshNode[] = [];
  for (const number of [1, 2]) {
    const quota = limited.includes(number) ? { forwarding } : {};
    gateways.push(await startSimNode(world, number, { mode: "gateway", listen: true, ...quota }));
  }
  const edge = (number: number) => startSimNode(world, number, { mode: "edge", bootstrap: [1, 2] });
  const [provider, caller] = [await edge(PROVIDER), await edge(CALLER)];
  await world.run(Promise.all([provider, caller].map((node) => node.ready())));
  await world.advance(1_000);
  await world.run(provider.register("length", (text) => String(text).length));
  return { world, gateways, provider, caller };
}

const refusals = (node: MeshNode | undefined): number =>
  node?.status().counters.frames_over_quota ?? 0;

/** Calls the provider so often, one call after the other; the longest time that one took. */
async function slowestOf(count: number, world: World, caller: MeshNode): Promise<number> {
  let slowest = 0;
  for (let at = 0; at < count; at++) {
    const before = world.clock.now();
    expect(await world.run(settled(caller.call("length", TEXT)))).toBe(TEXT.length);
    slowest = Math.max(slowest, world.clock.now() - before);
  }
  return slowest;
}

describe("an edge whose gateway is at its quota", () => {
  it("calls over the other one instead, at once and without a search (20 seeds)", async () => {
    let refused = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const limited = 1 + (seed % 2);
      const { world, gateways, caller } = await scene([limited], seed);
      expect(await slowestOf(40, world, caller)).toBeLessThan(100);
      expect(caller.status().counters.route_searches ?? 0).toBe(0);
      refused += refusals(gateways[limited - 1]);
    }
    // Whichever of the two is nearer was asked first.
    expect(refused).toBeGreaterThan(5);
  });

  it("leads a crowd of calls past it too", async () => {
    for (const limited of [1, 2]) {
      const { world, caller } = await scene([limited]);
      const calls = Array.from({ length: 40 }, () => settled(caller.call("length", TEXT)));
      expect(await world.run(Promise.all(calls))).toEqual(calls.map(() => TEXT.length));
    }
  });

  it("says overloaded where the other one is at its quota too, and burdens them no further", async () => {
    const { world, gateways, caller } = await scene([1, 2]);
    const before = world.clock.now();
    const calls = Array.from({ length: 40 }, () => settled(caller.call("length", TEXT)));
    const results = await world.run(Promise.all(calls));
    expect(new Set(results)).toEqual(new Set([TEXT.length, "overloaded"]));
    expect(world.clock.now() - before).toBeLessThan(1_000);
    const refused = gateways.map(refusals).reduce((a, b) => a + b);
    expect(refused).toBeGreaterThan(40);
    expect(refused).toBeLessThanOrEqual(2 * calls.length);
    expect(caller.status().counters.route_searches ?? 0).toBe(0);
  });
});
