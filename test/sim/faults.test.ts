import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

/** Deadlines are kept in steps of some milliseconds. */
const SLACK = 20;

interface Line {
  readonly world: World;
  readonly nodes: MeshNode[];
  readonly client: MeshNode;
  readonly provider: MeshNode;
}

/** Client 0, gateways 1 to 3, provider 4, in one line; the provider doubles numbers. */
async function line(seed: number, link: { delay: [number, number]; loss: number }): Promise<Line> {
  const world = new World({ seed, link });
  const nodes: MeshNode[] = [];
  for (const node of [0, 1, 2, 3, 4]) nodes.push(await start(world, node));
  await world.run(Promise.all(nodes.map((node) => node.ready())));
  const provider = nodes[4] as MeshNode;
  await world.run(provider.register("twice", (value) => (value as number) * 2));
  return { world, nodes, client: nodes[0] as MeshNode, provider };
}

function start(world: World, node: number): Promise<MeshNode> {
  if (node === 0) return startSimNode(world, 0, { mode: "edge", bootstrap: [1] });
  if (node === 4) return startSimNode(world, 4, { mode: "edge", bootstrap: [3] });
  const bootstrap = node === 1 ? [] : [node - 1];
  return startSimNode(world, node, { mode: "gateway", listen: true, bootstrap });
}

async function expectNoAnswer(world: World, client: MeshNode): Promise<void> {
  const started = world.clock.now();
  const failed = client.call("twice", 2, { timeout: 2_000 });
  await expect(world.run(failed)).rejects.toMatchObject({ name: "MeshError" });
  expect(world.clock.now() - started).toBeLessThan(2_000 + SLACK);
}

async function expectAnswerWithin(time: number, world: World, client: MeshNode): Promise<void> {
  const started = world.clock.now();
  let answer: unknown;
  while (answer === undefined && world.clock.now() - started < time) {
    answer = await world.run(client.call("twice", 3, { timeout: 1_000 }).catch(() => undefined));
    if (answer === undefined) await world.advance(100);
  }
  expect(answer).toBe(6);
}

const linkCounts = (nodes: readonly MeshNode[]): number[] =>
  nodes.map((node) => node.status().links.length);

describe("a line of five nodes over a bad network", () => {
  it.each([1, 2, 3, 4, 5])("answers all calls, in a row and at once (seed %i)", async (seed) => {
    const { world, nodes, client } = await line(seed, { delay: [5, 80], loss: 0.05 });
    const before = linkCounts(nodes);
    for (let n = 0; n < 20; n++) {
      expect(await world.run(client.call("twice", n, { timeout: 20_000 }))).toBe(n * 2);
    }
    const asks = Array.from({ length: 50 }, (_, n) => client.call("twice", n, { timeout: 20_000 }));
    expect(await world.run(Promise.all(asks))).toEqual(asks.map((_, n) => n * 2));
    expect(linkCounts(nodes)).toEqual(before);
    expect(before).toEqual([1, 2, 2, 2, 1]);
  });

  it.each([1, 2, 3])("fails by its deadline while it is cut, and heals (seed %i)", async (seed) => {
    const { world, client } = await line(seed, { delay: [5, 20], loss: 0 });
    expect(await world.run(client.call("twice", 1))).toBe(2);
    world.network.conditions.partition([[world.ip(0), world.ip(1)]]);
    await expectNoAnswer(world, client);
    world.network.conditions.healAll();
    await world.advance(30_000);
    expect(await world.run(client.call("twice", 3))).toBe(6);
  });

  it.each([1, 2, 3])("recovers when a forwarder ends and comes back (seed %i)", async (seed) => {
    const { world, nodes, client } = await line(seed, { delay: [2, 10], loss: 0 });
    expect(await world.run(client.call("twice", 1))).toBe(2);
    await world.run((nodes[2] as MeshNode).close());
    await expectNoAnswer(world, client);
    nodes[2] = await start(world, 2);
    await expectAnswerWithin(5_000, world, client);
  });

  it.each([1, 2, 3])("recovers when a forwarder crashes and comes back (seed %i)", async (seed) => {
    const { world, nodes, client } = await line(seed, { delay: [2, 10], loss: 0 });
    expect(await world.run(client.call("twice", 1))).toBe(2);
    world.crash(2);
    await expectNoAnswer(world, client);
    nodes[2] = await start(world, 2);
    await expectAnswerWithin(5_000, world, client);
  });

  it("does the same in every run, faults and all", async () => {
    const hash = async (): Promise<string> => {
      const { world, nodes, client } = await line(9, { delay: [2, 30], loss: 0.05 });
      const asks = [1, 2, 3].map((n) => client.call("twice", n).catch(() => undefined));
      await world.advance(20);
      world.crash(2);
      await world.run(Promise.all(asks));
      nodes[2] = await start(world, 2);
      await world.advance(20_000);
      return world.trace.hash;
    };
    expect(await hash()).toBe(await hash());
  });
});
