import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

/** Links of a gateway beyond which it is said to carry too many. */
const LINKS_MAX = 70;

/** Gateways from number 0 that have found each other, then edges that all start at once and know the first of them. */
async function crowd(gateways: number, edges: number, seed = 1) {
  const world = new World({ seed, link: { delay: [1, 5] } });
  const nodes: MeshNode[] = [];
  for (let number = 0; number < gateways; number++) {
    const bootstrap = number === 0 ? [] : [0];
    nodes.push(
      await startSimNode(world, number, {
        mode: "gateway",
        listen: true,
        links: "auto",
        bootstrap,
      }),
    );
  }
  await world.advance(10_000);
  for (let number = gateways; number < gateways + edges; number++) {
    nodes.push(await startSimNode(world, number, { mode: "edge", links: "auto", bootstrap: [0] }));
  }
  return { world, gateways: nodes.slice(0, gateways), edges: nodes.slice(gateways) };
}

const linksOf = (node: MeshNode): number => node.status().links.length;

describe("a crowd of edges", () => {
  it("keeps the one gateway there is, however many they are", async () => {
    const { world, gateways, edges } = await crowd(1, LINKS_MAX + 20);
    await world.advance(10_000);
    expect(gateways.map(linksOf)).toEqual([edges.length]);
    expect(gateways[0]?.status().counters.links_shed).toBeUndefined();
    const [first, last] = [edges[0] as MeshNode, edges.at(-1) as MeshNode];
    await world.run(last.register("echo", (value) => value));
    expect(await world.run(first.call("echo", 1))).toBe(1);
  });

  it.each([1, 2, 3])("spreads over the gateways it comes to know, seed %i", async (seed) => {
    const { world, gateways, edges } = await crowd(10, 120, seed);
    // All of them come at once and know nobody else yet; those that have found others go there.
    await world.advance(1_000);
    for (let turn = 0; turn < 100; turn++) {
      await world.advance(200);
      expect(Math.max(...gateways.map(linksOf))).toBeLessThanOrEqual(LINKS_MAX);
      expect(Math.max(...edges.map(linksOf))).toBeLessThanOrEqual(6);
    }
    expect(Math.min(...edges.map(linksOf))).toBeGreaterThanOrEqual(2);
  });
});
