import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

/** Starts gateways that all know each other and dial at the same moment. */
async function crowd(world: World, count: number): Promise<MeshNode[]> {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const nodes: MeshNode[] = [];
  for (const number of numbers) {
    const bootstrap = numbers.filter((other) => other !== number);
    nodes.push(await startSimNode(world, number, { mode: "gateway", listen: true, bootstrap }));
  }
  return nodes;
}

/** How `node` is linked to `other`: "dialled" or "accepted", once for each link. */
function directions(node: MeshNode, other: MeshNode): string[] {
  return node
    .status()
    .links.filter((link) => link.node === other.id)
    .map((link) => link.direction);
}

describe("nodes that dial each other at the same moment", () => {
  it("end with one link, the same on both sides (60 seeds)", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const world = new World({ seed, link: { delay: [1, 40], loss: seed % 3 === 0 ? 0.2 : 0 } });
      const [a, b] = (await crowd(world, 2)) as [MeshNode, MeshNode];
      await world.run(Promise.all([a.ready(), b.ready()]));
      await world.advance(10_000);
      const ends = [...directions(a, b), ...directions(b, a)].sort();
      expect([seed, ...ends]).toEqual([seed, "accepted", "dialled"]);
      expect([a, b].map((node) => node.status().bootstrap[0]?.connected)).toEqual([true, true]);
      for (const node of [a, b]) expect(node.status().counters.connections).toBe(1);
    }
  });

  it("lose no call that begins meanwhile, however long it takes, and send none again (40 seeds)", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const world = new World({ seed, link: { delay: [1, 40] } });
      const [a, b] = (await crowd(world, 2)) as [MeshNode, MeshNode];
      const failures: unknown[] = [];
      const work: Promise<unknown>[] = [];
      b.on("link", () => {
        const ask = b.call("twice", 4, { provider: a.id, timeout: 30_000 });
        work.push(ask.catch((cause) => failures.push([seed, String(cause)])));
      });
      const later = (value: number): Promise<number> =>
        new Promise((resolve) => world.clock.timer(4_000, () => resolve(value * 2)));
      await world.run(a.register("twice", later));
      await world.advance(10_000);
      await world.run(Promise.all(work));
      expect(work.length).toBeGreaterThan(0);
      expect(failures).toEqual([]);
      expect(b.status().counters.calls_sent_again).toBeUndefined();
    }
  });

  it("do so in a crowd of six", async () => {
    const world = new World({ seed: 4, link: { delay: [1, 40] } });
    const nodes = await crowd(world, 6);
    await world.advance(20_000);
    for (const node of nodes) {
      const { links, counters } = node.status();
      expect(new Set(links.map((link) => link.node)).size).toBe(5);
      expect([links.length, counters.connections]).toEqual([5, 5]);
    }
  });
});
