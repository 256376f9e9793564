import { quantile } from "../bench/figures.mjs";

/** Calls of a steady load as they went: what was lost or late, and when. All times are milliseconds of the wall clock. */
export class Timeline {
  #begun;
  #took;
  #hops;
  /** When answers came, ascending. */
  #answers;

  /** What `OpenLoad` tells; `begun` is relative to `startedAt`, `took` infinite where no answer came. */
  constructor({ startedAt, begun, took, hops = begun.map(() => -1) }) {
    this.#begun = Float64Array.from(begun, (at) => at + startedAt);
    this.#took = Float64Array.from(took);
    this.#hops = hops;
    this.#answers = this.#begun
      .map((at, number) => at + took[number])
      .filter((at) => at < Number.POSITIVE_INFINITY)
      .sort();
  }

  /** Calls without an answer. */
  get lost() {
    return this.#took.filter((time) => time === Number.POSITIVE_INFINITY).length;
  }

  /** The longest time between two answers of which some lies behind `from`; null where no answer came after it. */
  longestGapSince(from) {
    const first = this.#answers.findIndex((at) => at >= from);
    if (first < 0) return null;
    let longest = 0;
    for (let at = Math.max(1, first); at < this.#answers.length; at++) {
      longest = Math.max(longest, this.#answers[at] - this.#answers[at - 1]);
    }
    return longest;
  }

  /** How long the first call took; null where it has no answer. */
  get firstMs() {
    return finite(this.#took[0]);
  }

  /**
   * From the beginning of the first call that began at `from` or later until one was answered that had passed no
   * forwarder; null where none was.
   */
  directMsSince(from) {
    const first = this.#begun.findIndex((at) => at >= from);
    let directAt = Number.POSITIVE_INFINITY;
    for (let at = Math.max(0, first); at < this.#begun.length; at++) {
      if (this.#hops[at] === 0) directAt = Math.min(directAt, this.#begun[at] + this.#took[at]);
    }
    return first < 0 ? null : finite(directAt - this.#begun[first]);
  }

  /** Calls answered by the number of forwarders they had passed, of those that began from `from` to `until`. */
  hopsDuring(from, until) {
    const counts = {};
    this.#each(from, until, (at) => {
      const hops = this.#hops[at];
      if (hops >= 0) counts[hops] = (counts[hops] ?? 0) + 1;
    });
    return counts;
  }

  /** Median time of the answered calls that passed no forwarder (`isDirect`), or some; null where there is none. */
  medianMs(isDirect, from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY) {
    const times = [];
    this.#each(from, until, (at) => {
      if (this.#hops[at] >= 0 && (this.#hops[at] === 0) === isDirect) times.push(this.#took[at]);
    });
    return quantileOrNull(times, 0.5);
  }

  #each(from, until, visit) {
    this.#begun.forEach((begun, at) => {
      if (begun >= from && begun < until) visit(at);
    });
  }

  /** How long those calls took that were under way at `from` or began before `until`, ascending. */
  during(from, until) {
    return this.#took
      .filter((time, number) => {
        const begun = this.#begun[number];
        return begun < until && begun + time > from;
      })
      .sort();
  }
}

function finite(value) {
  return value < Number.POSITIVE_INFINITY ? value : null;
}

/** A quantile that is null where it falls on what has no value: a call without an answer, an event that had no end. */
export function quantileOrNull(values, part) {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values, (value) => value ?? Number.POSITIVE_INFINITY).sort();
  const value = quantile(sorted, part);
  return value < Number.POSITIVE_INFINITY ? value : null;
}
