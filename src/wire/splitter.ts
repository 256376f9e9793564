import type { Bytes } from "../base/bytes.ts";
import { HEADER_BYTES, readHeader } from "./frame.ts";

/** Buffer kept between frames; a larger one is given back after its frame. */
const KEPT_BYTES = 64 << 10;

/**
 * Receives one whole frame: header at `bytes[start]`, payload in `bytes[start + 8, end)`. The bytes are the
 * receiver's to change until it returns. With `owned` they are its to keep.
 */
export type FrameSink = (bytes: Bytes, start: number, end: number, owned: boolean) => void;

/**
 * Cuts a stream of bytes into frames. A frame that lies whole in one piece is handed on where it lies;
 * only one that is split is put together, in a buffer that grows with what has arrived and not with what
 * was announced.
 */
export class FrameSplitter {
  readonly #sink: FrameSink;
  #partial: Bytes = new Uint8Array(0);
  #held = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Bytes of an unfinished frame held now. Bounded by the largest frame. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes the next piece. After a throw the stream is out of step and has to be given up.
   *
   * @throws {MeshError} what `readHeader` throws, and what the sink throws.
   */
  push(bytes: Bytes, start: number, end: number): void {
    let at = this.#held > 0 ? this.#fill(bytes, start, end) : start;
    while (end - at >= HEADER_BYTES) {
      const frameEnd = at + HEADER_BYTES + readHeader(bytes, at);
      if (frameEnd > end) break;
      this.#sink(bytes, at, frameEnd, false);
      at = frameEnd;
    }
    if (at < end) this.#hold(bytes, at, end);
  }

  /** Completes the held frame from `bytes`, as far as they reach; returns where the rest begins. */
  #fill(bytes: Bytes, start: number, end: number): number {
    let at = start;
    if (this.#held < HEADER_BYTES) {
      at += this.#hold(bytes, at, Math.min(end, at + HEADER_BYTES - this.#held));
      if (this.#held < HEADER_BYTES) return at;
    }
    const size = HEADER_BYTES + readHeader(this.#partial, 0);
    at += this.#hold(bytes, at, Math.min(end, at + size - this.#held));
    if (this.#held === size) this.#release(size);
    return at;
  }

  #hold(bytes: Bytes, start: number, end: number): number {
    const needed = this.#held + end - start;
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.max(needed, this.#partial.length * 2, 1_024));
      grown.set(this.#partial.subarray(0, this.#held));
      this.#partial = grown;
    }
    this.#partial.set(bytes.subarray(start, end), this.#held);
    this.#held = needed;
    return end - start;
  }

  #release(size: number): void {
    const frame = this.#partial;
    const owned = size > KEPT_BYTES;
    if (owned) this.#partial = new Uint8Array(0);
    this.#held = 0;
    this.#sink(frame, 0, size, owned);
  }
}
