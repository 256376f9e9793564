import type { Bytes } from "./bytes.ts";

/** Bytes of a block; a copy keeps the whole block alive. */
const BLOCK = 4_096;

/** A longer byte string gets memory of its own. */
const SHARED_MAX: number = BLOCK / 8;

/** Copies of short byte strings, many in one block: a fraction of what a buffer for each would cost. */
export class Slab {
  #block: Bytes = new Uint8Array(0);
  #at = 0;

  /** A copy that nobody else writes to. */
  copy(bytes: Bytes): Bytes {
    const length = bytes.length;
    if (length > SHARED_MAX) return bytes.slice();
    if (this.#at + length > this.#block.length) {
      this.#block = new Uint8Array(BLOCK);
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += length;
    this.#block.set(bytes, start);
    return this.#block.subarray(start, this.#at);
  }
}
