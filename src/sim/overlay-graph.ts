import { compareDistance, compareIds, type NodeId } from "../base/id.ts";
import { ANCHORS_MAX } from "../wire/limits.ts";
import type { Edge, Graph } from "./graph.ts";
import type { SeededRandom } from "./random.ts";

/** Links that a gateway wants into each bucket, and to the gateways nearest to it. */
const PER_BUCKET = 2;
const SIBLINGS = 4;

/** Links that a gateway has room for: whoever comes then goes to the next one. */
const ROOM = 70;

/** Gateways that an edge looks at. */
const LOOKED_AT = 64;

/** Bits of an id that tell the nodes of any mesh apart. */
const DEPTH = 48;

/** A settled overlay: who is a gateway, who is linked, and through whom each edge is reached. */
export interface OverlayGraph extends Graph {
  readonly isGateway: (node: number) => boolean;
  /** Numbers of the gateways that each edge is linked to; none for a gateway. */
  readonly anchors: readonly (readonly number[])[];
}

interface Placed {
  readonly id: NodeId;
  readonly number: number;
}

/** The links laid so far. */
class Links {
  readonly edges: Edge[] = [];
  readonly #of: Set<number>[];

  constructor(size: number) {
    this.#of = Array.from({ length: size }, () => new Set());
  }

  of(node: number): ReadonlySet<number> {
    return this.#of[node] as Set<number>;
  }

  add(a: number, b: number): void {
    if (a === b || this.of(a).has(b)) return;
    this.edges.push([Math.min(a, b), Math.max(a, b)]);
    this.#of[a]?.add(b);
    this.#of[b]?.add(a);
  }
}

/**
 * The overlay as it is once it has settled, made at once: of `ids` the first `gateways` are gateways with two links into
 * each bucket and four to those nearest to them, the others have links to the gateways nearest to them; or to one gateway
 * by chance where `anchoring` says so.
 */
export function overlayGraph(
  ids: readonly NodeId[],
  gateways: number,
  anchoring: "nearest" | "random",
  random: SeededRandom,
): OverlayGraph {
  const core = ids
    .slice(0, gateways)
    .map((id, number): Placed => ({ id, number }))
    .sort((a, b) => compareIds(a.id, b.id));
  const ranks = new Uint32Array(gateways);
  for (const [rank, { number }] of core.entries()) ranks[number] = rank;
  const links = new Links(ids.length);
  for (const { id, number } of core) {
    linkBuckets(core, ranks, { id, number }, random, links);
    for (const near of nearest(core, id, SIBLINGS + 1)) links.add(number, near);
  }
  const anchors = ids.map((id, number) => {
    if (number < gateways) return [];
    if (anchoring === "random") {
      const anchor = (core[random.below(core.length)] as Placed).number;
      links.add(number, anchor);
      return [anchor];
    }
    const roomy = nearest(core, id, LOOKED_AT).filter((near) => links.of(near).size < ROOM);
    const kept = roomy.slice(0, ANCHORS_MAX);
    for (const anchor of kept) links.add(number, anchor);
    return kept;
  });
  return {
    size: ids.length,
    edges: links.edges,
    isGateway: (node) => node < gateways,
    anchors,
  };
}

/**
 * Gives it its links into each bucket: to those that share its first bits and differ in the next. Those that others have
 * to it count, as they do for a node.
 */
function linkBuckets(
  core: readonly Placed[],
  ranks: Uint32Array,
  { id, number }: Placed,
  random: SeededRandom,
  links: Links,
): void {
  let [from, to] = [0, core.length];
  for (let bit = 0; bit < DEPTH && to - from > 1; bit++) {
    const middle = firstWith(core, from, to, bit);
    const isHigh = bitOf(id, bit) === 1;
    const [otherFrom, otherTo] = isHigh ? [from, middle] : [middle, to];
    const isThere = (other: number): boolean =>
      isBetween(ranks[other] as number, otherFrom, otherTo);
    let count = [...links.of(number)].filter(isThere).length;
    for (; count < PER_BUCKET && otherTo > otherFrom; count++) {
      // Who has many links sheds some: of a few it is the one with the fewest.
      const few = [1, 2, 3].map(
        () => (core[otherFrom + random.below(otherTo - otherFrom)] as Placed).number,
      );
      const fewest = few.reduce((a, b) => (links.of(b).size < links.of(a).size ? b : a));
      links.add(number, fewest);
    }
    [from, to] = isHigh ? [middle, to] : [from, middle];
  }
}

function isBetween(rank: number, from: number, to: number): boolean {
  return rank >= from && rank < to;
}

/** The gateways nearest to `id`: those that share the longest prefix with it, so far as needed. */
function nearest(core: readonly Placed[], id: NodeId, count: number): number[] {
  let [from, to] = [0, core.length];
  for (let bit = 0; bit < DEPTH; bit++) {
    const middle = firstWith(core, from, to, bit);
    const [nextFrom, nextTo] = bitOf(id, bit) === 1 ? [middle, to] : [from, middle];
    if (nextTo - nextFrom < count) break;
    [from, to] = [nextFrom, nextTo];
  }
  return core
    .slice(from, to)
    .sort((a, b) => compareDistance(id, a.id, b.id))
    .slice(0, count)
    .map(({ number }) => number);
}

/** Where those begin whose bit is set, among sorted ids that agree in all bits before it. */
function firstWith(core: readonly Placed[], from: number, to: number, bit: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitOf((core[middle] as Placed).id, bit) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}

function bitOf(id: NodeId, bit: number): number {
  return ((id[bit >> 3] as number) >> (7 - (bit & 7))) & 1;
}
