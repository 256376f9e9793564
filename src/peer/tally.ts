import type { Millis } from "../base/ports.ts";

/** Least time between two notes: calls may be a hundred thousand a second, and each note costs a tenth of a call. */
const NOTE_EVERY: Millis = 10;

/** Calls that were answered over one link since somebody made a note of them. Pure. */
export class Tally {
  #calls = 0;
  #latency: Millis = 0;
  #notedAt: Millis = Number.NEGATIVE_INFINITY;

  /** How many. */
  get calls(): number {
    return this.#calls;
  }

  /** How long they took on average. */
  get latency(): Millis {
    return this.#latency / this.#calls;
  }

  /** Counts one more. True where it is time for a note of all of them. */
  add(latency: Millis, now: Millis): boolean {
    this.#calls += 1;
    this.#latency += latency;
    return now - this.#notedAt >= NOTE_EVERY;
  }

  noted(now: Millis): void {
    this.#calls = 0;
    this.#latency = 0;
    this.#notedAt = now;
  }
}
