import { distancesFrom, type Edge, type Graph, neighboursIn } from "../../src/sim/graph.ts";

/** Every connected graph of so many nodes, one of each shape. */
export function connectedGraphs(size: number): Graph[] {
  const pairs = pairsOf(size);
  const moves = permutations(size).map((order) =>
    pairs.map(([a, b]) => pairs.findIndex(sameEdge(order[a] as number, order[b] as number))),
  );
  const seen = new Set<number>();
  const graphs: Graph[] = [];
  for (let mask = 0; mask < 1 << pairs.length; mask++) {
    if (seen.has(mask)) continue;
    for (const move of moves) seen.add(moved(mask, move));
    const graph = { size, edges: pairs.filter((_, bit) => ((mask >> bit) & 1) === 1) };
    if (distancesFrom(neighboursIn(graph), 0).every(Number.isFinite)) graphs.push(graph);
  }
  return graphs;
}

function moved(mask: number, move: readonly number[]): number {
  let image = 0;
  for (const [bit, to] of move.entries()) if (((mask >> bit) & 1) === 1) image |= 1 << to;
  return image;
}

function sameEdge(a: number, b: number): (edge: Edge) => boolean {
  return ([c, d]) => (a === c && b === d) || (a === d && b === c);
}

function pairsOf(size: number): Edge[] {
  const pairs: Edge[] = [];
  for (let a = 0; a < size; a++) for (let b = a + 1; b < size; b++) pairs.push([a, b]);
  return pairs;
}

function permutations(size: number): number[][] {
  if (size === 0) return [[]];
  return permutations(size - 1).flatMap((rest) =>
    Array.from({ length: size }, (_, at) => [...rest.slice(0, at), size - 1, ...rest.slice(at)]),
  );
}
