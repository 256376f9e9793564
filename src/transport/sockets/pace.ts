import { performance } from "node:perf_hooks";

/** A datagram of this size carries many frames: more of them are on their way, and worth a batch. */
const LONE_BYTES_MAX = 512;
/** Milliseconds after a turn in which another datagram counts as the same burst. */
const BURST = 0.01;

/**
 * Decides whether a datagram is answered on the spot or with all others of its turn of the event loop. Batches
 * make load cheap; waiting for a batch makes a lone question slow.
 */
export class Pace {
  #taken = 0;
  #busy = false;
  #turnedAt = 0;

  /** A datagram came in. True where nothing speaks for more to follow. */
  isLone(length: number): boolean {
    this.#taken++;
    if (length >= LONE_BYTES_MAX || this.#busy) return false;
    return performance.now() - this.#turnedAt > BURST;
  }

  /** A turn has ended. */
  turned(): void {
    this.#busy = this.#taken > 1;
    this.#taken = 0;
    this.#turnedAt = performance.now();
  }
}
