import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { settled } from "../rpc/line.ts";

/** Whom each gateway dials, and the gateway of each edge. Gateways come first in the count of nodes. */
interface Graph {
  readonly gateways: readonly (readonly number[])[];
  readonly edges: readonly number[];
}

/** A connected graph of up to 8 gateways, some of them linked more often than need be, with 2 to 4 edges. */
function connectedGraph(seed: number): Graph {
  const random = new SeededRandom(seed);
  const count = 1 + random.below(8);
  const gateways = Array.from({ length: count }, (_, number) => {
    const links = number > 0 ? [random.below(number)] : [];
    for (let other = 0; other < number; other++) {
      if (random.below(6) === 0 && !links.includes(other)) links.push(other);
    }
    return links;
  });
  const edges = Array.from({ length: 2 + random.below(3) }, () => random.below(count));
  return { gateways, edges };
}

/** Gateways in one row, with an edge at both ends. */
function row(gateways: number): Graph {
  const links = Array.from({ length: gateways }, (_, number) => (number > 0 ? [number - 1] : []));
  return { gateways: links, edges: [0, gateways - 1] };
}

async function grow(world: World, { gateways, edges }: Graph): Promise<MeshNode[]> {
  const nodes: MeshNode[] = [];
  for (const bootstrap of gateways) {
    const options = { mode: "gateway", listen: true, bootstrap } as const;
    nodes.push(await startSimNode(world, nodes.length, options));
  }
  for (const gateway of edges) {
    nodes.push(await startSimNode(world, nodes.length, { mode: "edge", bootstrap: [gateway] }));
  }
  await world.run(Promise.all(nodes.map((node) => node.ready())));
  return nodes;
}

/** Calls from each of `nodes` to each, at once; what did not come to the right answer. */
async function mistakes(world: World, nodes: readonly MeshNode[]): Promise<unknown[]> {
  const wrong: unknown[] = [];
  const work = nodes.flatMap((caller, from) =>
    nodes.map(async (provider, to) => {
      const answer = await settled(caller.call("who", null, { provider: provider.id }));
      if (answer !== to) wrong.push({ from, to, answer });
    }),
  );
  await world.run(Promise.all(work));
  return wrong;
}

describe("every call is delivered where there is a way", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "in random graphs of up to 8 gateways (seeds from %i00)",
    async (hundred) => {
      for (let seed = hundred * 100; seed < hundred * 100 + 12; seed++) {
        const world = new World({ seed, link: { delay: [1, 10] } });
        const graph = connectedGraph(seed);
        const nodes = await grow(world, graph);
        const edges = nodes.slice(graph.gateways.length);
        for (const [at, edge] of edges.entries()) await world.run(edge.register("who", () => at));
        expect({ seed, wrong: await mistakes(world, edges) }).toEqual({ seed, wrong: [] });
      }
    },
  );

  it("by name too, wherever its one provider is", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const world = new World({ seed, link: { delay: [1, 10] } });
      const nodes = await grow(world, connectedGraph(seed));
      for (const [at, node] of nodes.entries())
        await world.run(node.register(`who ${at}`, () => at));
      const caller = nodes.at(-1) as MeshNode;
      for (const at of nodes.keys()) {
        expect([seed, at, await world.run(settled(caller.call(`who ${at}`)))]).toEqual([
          seed,
          at,
          at,
        ]);
      }
    }
  });

  it("over lossy links, given the time", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const world = new World({ seed, link: { delay: [1, 10], loss: 0.1 } });
      const graph = connectedGraph(seed);
      const nodes = await grow(world, graph);
      const provider = nodes.at(-1) as MeshNode;
      await world.run(provider.register("who", () => "it"));
      for (const node of nodes) {
        const answer = await world.run(settled(node.call("who", null, { timeout: 30_000 })));
        expect([seed, answer]).toEqual([seed, "it"]);
      }
    }
  });

  it("over ten forwarders by default, over eleven where the caller says so", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 2] } });
    const nodes = await grow(world, row(11));
    const [near, far] = [nodes[11] as MeshNode, nodes[12] as MeshNode];
    await world.run(nodes[10]!.register("tenth", () => 10));
    await world.run(far.register("last", () => 11));
    expect(await world.run(settled(near.call("tenth")))).toBe(10);
    const there = { provider: far.id };
    expect(await world.run(settled(near.call("last", null, there)))).toBe("no_route");
    expect(await world.run(settled(near.call("last", null, { ...there, maxHops: 11 })))).toBe(11);
  });
});

describe("a call to where there is no way", () => {
  it.each([1, 2, 3, 4])("ends with a named error by its deadline (seed %i)", async (seed) => {
    const world = new World({ seed, link: { delay: [1, 10] } });
    const nodes = await grow(world, { gateways: [[], [0], [], [2]], edges: [0, 1, 2, 3] });
    const [here, there] = [nodes.slice(4, 6), nodes.slice(6)];
    for (const node of there) await world.run(node.register("who", () => "it"));
    for (const node of here) {
      expect(await world.run(settled(node.call("who")))).toBe("no_provider");
      const started = world.clock.now();
      const lost = settled(node.call("who", null, { provider: there[0]!.id, timeout: 2_000 }));
      expect(await world.run(lost)).toBe("no_route");
      expect(world.clock.now() - started).toBeLessThan(2_020);
    }
  });
});
