import { ID_BYTES, type Key, type NodeId } from "../base/id.ts";

/** Nodes that are to hold a record: the k of Kademlia. */
export const COPIES = 20;

/**
 * How much denser than the mesh the surroundings of a key may be before somebody must have made them so: where a
 * quarter of ten nodes is to be expected, chance puts ten once in three thousand keys.
 */
const CROWDED = 4;
const CROWD: number = COPIES / 2;

/** Distance of two ids as a share of the whole id space, to 52 bits: 0 ≤ share < 1. */
export function shareBetween(a: Key, b: Key): number {
  let high = 0;
  for (let at = 0; at < 3; at++) high = high * 256 + ((a[at] as number) ^ (b[at] as number));
  let low = 0;
  for (let at = 3; at < 7; at++) low = low * 256 + ((a[at] as number) ^ (b[at] as number));
  // 24 bits and 28 of the next 32.
  return (high * 2 ** 28 + Math.floor(low / 16)) / 2 ** 52;
}

interface HasId {
  readonly id: NodeId;
}

/**
 * How many nodes there are, judged by how near the nodes nearest to a point are: ids are spread evenly, so the n-th
 * nearest of N lies at about n / N of the space. `nearest` is sorted; `undefined` where there are fewer than 8.
 */
export function estimateSize(point: Key, nearest: readonly HasId[]): number | undefined {
  const last = nearest.at(-1);
  if (last === undefined || nearest.length < 8) return undefined;
  // One less than there are: without bias, where the last one sets the measure (Cohen, 1997).
  return (nearest.length - 1) / Math.max(shareBetween(point, last.id), 2 ** -52);
}

/** The middle one of several estimates, so that no single part of the id space decides. */
export function medianSize(estimates: readonly (number | undefined)[]): number | undefined {
  const known = estimates.filter((it) => it !== undefined).sort((a, b) => a - b);
  return known[(known.length - 1) >> 1];
}

/**
 * The part of the id space around a key in which 20 nodes are to be expected. Ids can be chosen: 20 that lie nearer
 * to a key than all others cost a second of computing. They hide what is stored at the nearest 20 nodes, but
 * not what is stored at all nodes of the region.
 */
export class Region {
  readonly #key: Key;
  readonly #size: number;

  /** `size`: how many nodes there are. */
  constructor(key: Key, size: number) {
    this.#key = key;
    this.#size = size;
  }

  /** Share of the id space that is expected to hold 20 nodes. */
  get radius(): number {
    return Math.min(1, COPIES / this.#size);
  }

  contains(id: NodeId): boolean {
    return shareBetween(this.#key, id) <= this.radius;
  }

  /** True where the nodes nearest to the key stand much closer together than chance lets them. */
  isCrowded(nearest: readonly HasId[]): boolean {
    // Judged by ten: with fewer liars among them half of the nearest twenty are honest.
    const here = estimateSize(this.#key, nearest.slice(0, CROWD));
    return nearest.length >= CROWD && here !== undefined && here > this.#size * CROWDED;
  }

  /**
   * Four points spread over the region. Each is the key with other bits at the three places that divide the region,
   * so none of them is near enough to the key for what crowds there.
   */
  points(): Key[] {
    const first = Math.max(0, Math.floor(-Math.log2(this.radius)));
    return [0b001, 0b010, 0b100, 0b110].map((bits) => flipped(this.#key, first, bits));
  }
}

/** `key` with the three bits from `first` on changed by `bits`. */
function flipped(key: Key, first: number, bits: number): Key {
  const point = key.slice();
  for (let place = 0; place < 3; place++) {
    const bit = first + place;
    if (bit >= ID_BYTES * 8 || (bits & (0b100 >> place)) === 0) continue;
    point[bit >> 3] = (point[bit >> 3] as number) ^ (0x80 >> (bit & 7));
  }
  return point;
}
