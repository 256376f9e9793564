import { randomFillSync } from "node:crypto";
// The global of that name is a getter, which costs more than the reading where caches are cold.
import { performance } from "node:perf_hooks";
import type { Clock, Millis, Random, Timer } from "../base/ports.ts";

/** The machine's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  timer: (delay: Millis, action: () => void): Timer => {
    // Node counts whole milliseconds and may be one early: round up and add it.
    const handle = setTimeout(action, Math.ceil(delay) + 1);
    return { cancel: () => clearTimeout(handle) };
  },
};

const POOL_BYTES = 4_096;

/** The machine's randomness, drawn in advance by the page, because most draws are small. */
class SystemRandom implements Random {
  readonly #pool: Uint8Array<ArrayBuffer> = new Uint8Array(POOL_BYTES);
  #at = POOL_BYTES;

  below(limit: number): number {
    const bytes = this.#take(6);
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    // 48 bits over at most 32: the bias is below 2^-16 of a step.
    return Math.floor((value / 2 ** 48) * limit);
  }

  bytes(length: number): Uint8Array {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
    return this.#take(length).slice();
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    this.#at += length;
    return this.#pool.subarray(this.#at - length, this.#at);
  }
}

export const systemRandom: Random = new SystemRandom();
