import { SeededRandom } from "./random.ts";

/** Two nodes that are linked, the lower one first. */
export type Edge = readonly [number, number];

/** Nodes, numbered from 0, and who is linked to whom. */
export interface Graph {
  readonly size: number;
  readonly edges: readonly Edge[];
}

/** The neighbours of each node. */
export function neighboursIn({ size, edges }: Graph): number[][] {
  const linked: number[][] = Array.from({ length: size }, () => []);
  for (const [a, b] of edges) {
    linked[a]?.push(b);
    linked[b]?.push(a);
  }
  return linked;
}

/** Links from `start` to each node on the shortest way; Infinity where there is none. Only `passes` nodes are passed. */
export function distancesFrom(
  linked: readonly (readonly number[])[],
  start: number,
  passes: (node: number) => boolean = () => true,
): number[] {
  const far = new Array<number>(linked.length).fill(Number.POSITIVE_INFINITY);
  far[start] = 0;
  const queue = [start];
  for (const node of queue) {
    if (node !== start && !passes(node)) continue;
    for (const next of linked[node] as readonly number[]) {
      if (far[next] !== Number.POSITIVE_INFINITY) continue;
      far[next] = (far[node] as number) + 1;
      queue.push(next);
    }
  }
  return far;
}

/** Shapes in which ids say nothing about who is near. */
export type Shape = "line" | "ring" | "star" | "tree" | "grid" | "bridge" | "scale-free" | "random";

/** Whom a node is linked to among those before it. */
type Growth = (
  node: number,
  size: number,
  random: SeededRandom,
  edges: readonly Edge[],
) => number[];

const GROWTH: Readonly<Record<Shape, Growth>> = {
  line: (node) => [node - 1],
  ring: (node, size) => (node === size - 1 ? [node - 1, 0] : [node - 1]),
  star: () => [0],
  tree: (node) => [Math.floor((node - 1) / 2)],
  grid: (node, size) => {
    const width = Math.ceil(Math.sqrt(size));
    return [...(node % width > 0 ? [node - 1] : []), ...(node >= width ? [node - width] : [])];
  },
  // Two clusters with one link between them.
  bridge: (node, size, random) => {
    const half = Math.ceil(size / 2);
    if (node === half) return [random.below(half)];
    const first = node < half ? 0 : half;
    return node === first ? [] : [1, 2, 3].map(() => first + random.below(node - first));
  },
  // Barabási and Albert, 1999: who has many links gets more.
  "scale-free": (_, __, random, edges) =>
    [1, 2].map(() => {
      const edge = edges[random.below(Math.max(1, edges.length))];
      return edge?.[random.below(2)] ?? 0;
    }),
  // Erdős and Rényi, 1959, but connected: of four links each on average.
  random: (node, _, random) => [1, 2].map(() => random.below(node)),
};

/** A connected graph of that shape. */
export function shapedGraph(shape: Shape, size: number, seed: number): Graph {
  const random = new SeededRandom(seed, 0x9a9);
  const edges: Edge[] = [];
  for (let node = 1; node < size; node++) {
    const others = new Set(GROWTH[shape](node, size, random, edges));
    for (const other of others) if (other < node) edges.push([other, node]);
  }
  return { size, edges };
}
