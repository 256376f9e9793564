import { describe, expect, it } from "vitest";
import { distancesFrom, type Graph, neighboursIn } from "../../src/sim/graph.ts";
import { GraphMesh } from "./graph-mesh.ts";
import { connectedGraphs } from "./graphs.ts";

/** What of one call, over as many forwarders as it needs and over one fewer, did not come to what it had to. */
async function mistake(
  mesh: GraphMesh,
  from: number,
  to: number,
  hops: number,
): Promise<unknown[]> {
  const tag = `${from}-${to}`;
  const answer = await mesh.world.run(mesh.call(from, to, tag, { maxHops: hops }));
  const isRight = answer === to && mesh.executions.get(tag) === 1;
  const wrong: unknown[] = isRight ? [] : [{ tag, answer, hops }];
  if (hops === 0) return wrong;
  const late = `${tag} over too few`;
  const short = await mesh.world.run(mesh.call(from, to, late, { maxHops: hops - 1 }));
  if (short !== "max_hops_exceeded" || mesh.executions.has(late)) wrong.push({ tag, short });
  return wrong;
}

/** The same for all calls in a mesh. */
async function mistakes(graph: Graph, seed: number): Promise<unknown[]> {
  const mesh = await GraphMesh.start(graph, seed);
  const wrong: unknown[] = [];
  for (let from = 0; from < graph.size; from++) {
    for (const [to, links] of distancesFrom(neighboursIn(graph), from).entries()) {
      if (from !== to) wrong.push(...(await mistake(mesh, from, to, links - 1)));
    }
  }
  return wrong;
}

describe("in every connected graph of up to six nodes", () => {
  it("there are as many as there have to be", () => {
    expect([2, 3, 4, 5, 6].map((size) => connectedGraphs(size).length)).toEqual([1, 2, 6, 21, 112]);
  });

  it.each([2, 3, 4, 5])(
    "of %i nodes each call is delivered exactly where it may be",
    async (size) => {
      for (const [at, graph] of connectedGraphs(size).entries()) {
        const wrong = await mistakes(graph, size * 1_000 + at);
        expect({ graph: graph.edges, wrong }).toEqual({ graph: graph.edges, wrong: [] });
      }
    },
  );

  it.each([0, 1, 2, 3])("of 6 nodes too (part %i)", async (part) => {
    const graphs = connectedGraphs(6);
    for (let at = part; at < graphs.length; at += 4) {
      const graph = graphs[at] as Graph;
      const wrong = await mistakes(graph, 6_000 + at);
      expect({ graph: graph.edges, wrong }).toEqual({ graph: graph.edges, wrong: [] });
    }
  });
});
