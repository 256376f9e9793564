import { quantile } from "./figures.mjs";

/** Latencies kept of one phase; of a longer one, the last. A power of two. */
const KEPT = 1 << 20;
const MASK = KEPT - 1;
/** One for all phases of a process, so that no phase pays for its pages. */
const latencies = new Float64Array(KEPT).fill(0);

/**
 * Keeps a fixed number of requests in flight for some seconds: whichever is answered starts the next. The
 * answer of one is the start of the next, so that the clock is read once a request.
 */
export class Load {
  /** Settles when the last request is answered. Microseconds, and requests answered per second. */
  figures;
  #begin;
  #began;
  #active;
  #startedAt;
  #until;
  #count = 0;
  #resolve;
  #reject;

  /** `begin(slot)` starts a request, whose answer is told with `finished(slot)`. */
  constructor({ inFlight, seconds }, begin) {
    this.#begin = begin;
    this.#active = inFlight;
    this.#began = new Float64Array(inFlight);
    this.figures = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#startedAt = performance.now();
    this.#until = this.#startedAt + seconds * 1_000;
  }

  start() {
    for (let slot = 0; slot < this.#began.length; slot++) {
      this.#began[slot] = performance.now();
      this.#begin(slot);
    }
  }

  finished(slot) {
    const now = performance.now();
    latencies[this.#count++ & MASK] = now - this.#began[slot];
    if (now < this.#until) {
      this.#began[slot] = now;
      this.#begin(slot);
    } else if (--this.#active === 0) {
      this.#resolve(this.#summary(now));
    }
  }

  failed(error) {
    this.#until = 0;
    this.#reject(error);
  }

  #summary(now) {
    const sorted = latencies.slice(0, Math.min(this.#count, KEPT)).sort();
    return {
      calls: this.#count,
      callsPerSecond: (this.#count / (now - this.#startedAt)) * 1_000,
      p50Us: quantile(sorted, 0.5) * 1_000,
      p99Us: quantile(sorted, 0.99) * 1_000,
    };
  }
}
