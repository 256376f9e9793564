import { quantile } from "../bench/figures.mjs";

/** Milliseconds between two looks at how many calls are due. */
const TICK = 5;
/** Failures and slow calls that are told one by one, and from how many milliseconds on a call is slow. */
const TOLD = 50;
const SLOW = 1_000;

/**
 * Starts calls at a steady rate, whether or not those before have been answered: a call that has to wait delays no
 * other, and so none is left out of the figures.
 */
export class OpenLoad {
  #call;
  #total;
  #every;
  #startedAt;
  /** When each call began, in milliseconds since the start. */
  #begun;
  #started = 0;
  #ended = 0;
  #times;
  /** Forwarders that each call has passed; -1 where that is not known. */
  #hops;
  #errors = {};
  #told = [];
  #resolve;

  /**
   * `rate` calls a second for `seconds`; `call(number)` makes one, resolves with the forwarders that it passed, and
   * rejects where it fails.
   */
  constructor({ rate, seconds, call }) {
    this.#call = call;
    this.#total = Math.round(rate * seconds);
    this.#every = 1_000 / rate;
    this.#begun = new Float64Array(this.#total);
    this.#times = new Float64Array(this.#total).fill(Number.POSITIVE_INFINITY);
    this.#hops = new Int8Array(this.#total).fill(-1);
  }

  /**
   * Resolves when the last call has ended, with the `figures` and, for a look at what happened when, the `timeline`:
   * the start by the wall clock, when each call began after it, how long it took, infinite where it failed, and the
   * forwarders it passed. Milliseconds.
   */
  run() {
    this.#startedAt = performance.now();
    const ticking = setInterval(() => {
      const due = Math.floor((performance.now() - this.#startedAt) / this.#every);
      while (this.#started < Math.min(due, this.#total)) void this.#begin(this.#started++);
      if (this.#started === this.#total) clearInterval(ticking);
    }, TICK);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  async #begin(number) {
    const from = performance.now();
    this.#begun[number] = from - this.#startedAt;
    let code;
    try {
      this.#hops[number] = await this.#call(number);
      this.#times[number] = performance.now() - from;
    } catch (error) {
      code = error.code ?? error.message;
      this.#errors[code] = (this.#errors[code] ?? 0) + 1;
    }
    const took = performance.now() - from;
    if ((code !== undefined || took > SLOW) && this.#told.length < TOLD) {
      const at = (from - this.#startedAt) / 1_000;
      this.#told.push({ atSeconds: Number(at.toFixed(2)), tookMs: Math.round(took), code });
    }
    this.#ended += 1;
    if (this.#ended === this.#total) this.#resolve(this.#outcome());
  }

  #outcome() {
    const startedAt = performance.timeOrigin + this.#startedAt;
    const timeline = { startedAt, begun: this.#begun, took: this.#times, hops: this.#hops };
    return { figures: this.#figures(), timeline };
  }

  #figures() {
    const sorted = this.#times.toSorted();
    const answered = sorted.findLastIndex((time) => time < Number.POSITIVE_INFINITY) + 1;
    const at = (part) => {
      const time = quantile(sorted, part);
      return time < Number.POSITIVE_INFINITY ? time : null;
    };
    return {
      calls: this.#total,
      answered,
      success: answered / this.#total,
      direct: this.#hops.filter((hops) => hops === 0).length,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      p999Ms: at(0.999),
      maxMs: at(1),
      errors: this.#errors,
      slow: this.#told,
    };
  }
}
