/*
 * Memory that all endpoints of a process share. Turns of endpoints never overlap: they begin from the event loop
 * alone, and what they do is synchronous. A process with many endpoints pays for it once.
 */

let batch: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** At least `bytes` of memory, the caller's until its turn ends. */
export function batchMemory(bytes: number): Uint8Array<ArrayBuffer> {
  if (batch.length < bytes) batch = new Uint8Array(bytes);
  return batch;
}

/** Bytes of a slab; larger where one piece needs it. */
const SLAB_BYTES = 64 << 10;

/** A piece of a slab: `bytes[start, end)`, and the same slab in words. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array;
  readonly start: number;
  readonly end: number;
}

let slab: Uint8Array<ArrayBuffer> = new Uint8Array(0);
let slabWords: Uint32Array = new Uint32Array(0);
let used = 0;

/** Memory for what waits in the kernel's queue for as long as it likes: it is never handed out again. */
export function lastingMemory(length: number): Piece {
  if (used + length > slab.length) {
    slab = new Uint8Array(Math.max(SLAB_BYTES, length));
    slabWords = new Uint32Array(slab.buffer);
    used = 0;
  }
  const start = used;
  used += length;
  return { bytes: slab, words: slabWords, start, end: used };
}
