import type { Bytes } from "../base/bytes.ts";

const FIRST_BYTES = 4 << 10;
/** Larger buffers are not kept for the next user. */
const KEPT_BYTES_MAX = 64 << 10;
const KEPT_MAX = 64;

/** Buffers that streams borrow while they hold written bytes. */
export class StagingPool {
  readonly #free: Uint8Array[] = [];

  take(length: number): Uint8Array {
    const candidate = this.#free.pop();
    if (candidate !== undefined && candidate.length >= length) return candidate;
    return new Uint8Array(Math.max(FIRST_BYTES, length));
  }

  give(buffer: Uint8Array): void {
    if (buffer.length <= KEPT_BYTES_MAX && this.#free.length < KEPT_MAX) this.#free.push(buffer);
  }
}

/** Bytes that were written to a stream and that the core has not taken yet, in one piece. */
export class Staging {
  readonly #pool: StagingPool;
  #buffer: Uint8Array | undefined;
  #start = 0;
  #end = 0;

  constructor(pool: StagingPool) {
    this.#pool = pool;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** What is held stands in `buffer[start, end)`; `buffer` is undefined while nothing is held. */
  get buffer(): Uint8Array | undefined {
    return this.#buffer;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  append(bytes: Bytes, start: number, end: number): void {
    const length = end - start;
    const buffer = this.#room(length);
    const whole = start === 0 && end === bytes.length;
    buffer.set(whole ? bytes : bytes.subarray(start, end), this.#end);
    this.#end += length;
  }

  #room(length: number): Uint8Array {
    const buffer = this.#buffer;
    if (buffer !== undefined && this.#end + length <= buffer.length) return buffer;
    const held = this.length;
    const size = buffer === undefined ? length : Math.max(held + length, 2 * held);
    const larger = this.#pool.take(size);
    if (buffer !== undefined) {
      larger.set(buffer.subarray(this.#start, this.#end));
      this.#pool.give(buffer);
    }
    this.#buffer = larger;
    this.#start = 0;
    this.#end = held;
    return larger;
  }

  /** Forgets the first `length` bytes. */
  drop(length: number): void {
    this.#start += length;
    if (this.#start >= this.#end) this.clear();
  }

  clear(): void {
    if (this.#buffer !== undefined) this.#pool.give(this.#buffer);
    this.#buffer = undefined;
    this.#start = 0;
    this.#end = 0;
  }
}
