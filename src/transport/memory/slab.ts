import type { Bytes } from "../../base/bytes.ts";

/** Bytes asked of the engine at once: buffers of their own for small writes cost more than all else about them. */
const SLAB_BYTES: number = 64 << 10;

/** What is longer gets a buffer of its own, so that little of a slab is left over. */
const SMALL: number = 8 << 10;

/** Copies of what was written, side by side. A slab is let go of when nobody has any of its copies left. */
export class Slab {
  #room: Bytes = room();
  #used = 0;

  copy(bytes: Bytes, start: number, end: number): Bytes {
    const size = end - start;
    if (size > SMALL) return bytes.slice(start, end);
    if (this.#used + size > SLAB_BYTES) {
      this.#room = room();
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += size;
    this.#room.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    return this.#room.subarray(at, this.#used);
  }
}

/**
 * Room in memory that the engine doesn't count as bytes it holds outside of its heap: each 64 MB of those, though long
 * let go of, have it mark the whole heap, which takes seconds where thousands of nodes live in it.
 */
function room(): Bytes {
  return new Uint8Array(new SharedArrayBuffer(SLAB_BYTES));
}

/** `first` and `second` as one, where they lie side by side in one slab already. */
export function joined(first: Bytes, second: Bytes): Bytes | undefined {
  if (first.buffer !== second.buffer) return undefined;
  if (first.byteOffset + first.length !== second.byteOffset) return undefined;
  return new Uint8Array(first.buffer, first.byteOffset, first.length + second.length);
}
