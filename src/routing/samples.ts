import type { Millis } from "../base/ports.ts";

/** Samples kept; the oldest goes. */
export const SAMPLES_MAX = 100;

/** How the last messages over one kind of way fared: latencies of those that were answered, and a mark for each other. */
export class Samples {
  /** In a ring; NaN where there was no answer. */
  readonly #latencies: Millis[] = [];
  #next = 0;
  #answered = 0;
  #sum: Millis = 0;

  get size(): number {
    return this.#latencies.length;
  }

  /** Share of them that were answered, 0 to 1; 1 where there are none. */
  get successRate(): number {
    return this.size === 0 ? 1 : this.#answered / this.size;
  }

  /** Mean latency; `undefined` where none was answered. */
  get mean(): Millis | undefined {
    return this.#answered === 0 ? undefined : Math.max(0, this.#sum / this.#answered);
  }

  /** Adds one; `undefined` where there was no answer. */
  add(latency: Millis | undefined): void {
    this.#take(this.#latencies[this.#next], -1);
    const sample = latency ?? Number.NaN;
    this.#latencies[this.#next] = sample;
    this.#take(sample, 1);
    this.#next = (this.#next + 1) % SAMPLES_MAX;
  }

  clear(): void {
    this.#latencies.length = 0;
    this.#next = 0;
    this.#answered = 0;
    this.#sum = 0;
  }

  #take(sample: Millis | undefined, sign: 1 | -1): void {
    if (sample === undefined || Number.isNaN(sample)) return;
    this.#answered += sign;
    this.#sum += sign * sample;
  }
}
