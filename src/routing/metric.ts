import type { Bytes } from "../base/bytes.ts";

/** Bytes of an id that the metric looks at. Two ids that agree in them count as equally far. */
export const METRIC_BYTES = 8;

/**
 * The least distance met so far. The distance of a node is the least XOR distance to the destination or one of its
 * anchors, by their first 8 bytes: 64 bits, as two unsigned halves. It is asked for every link of every frame that is
 * passed on, so nothing is made for it.
 */
export class Nearest {
  readonly #destination: Bytes;
  readonly #anchors: readonly Bytes[];
  #high = 0xffff_ffff;
  #low = 0xffff_ffff;

  constructor(destination: Bytes, anchors: readonly Bytes[]) {
    this.#destination = destination;
    this.#anchors = anchors;
  }

  /** True where `node` is strictly nearer than all before it; it counts from now on. */
  isCloser(node: Bytes): boolean {
    let found = this.#isCloserTo(this.#destination, node);
    for (const anchor of this.#anchors) if (this.#isCloserTo(anchor, node)) found = true;
    return found;
  }

  #isCloserTo(target: Bytes, node: Bytes): boolean {
    const high = half(node, target, 0);
    if (high > this.#high) return false;
    const low = half(node, target, 4);
    if (high === this.#high && low >= this.#low) return false;
    this.#high = high;
    this.#low = low;
    return true;
  }
}

function half(a: Bytes, b: Bytes, at: number): number {
  const value =
    (((a[at] as number) ^ (b[at] as number)) << 24) |
    (((a[at + 1] as number) ^ (b[at + 1] as number)) << 16) |
    (((a[at + 2] as number) ^ (b[at + 2] as number)) << 8) |
    ((a[at + 3] as number) ^ (b[at + 3] as number));
  return value >>> 0;
}
