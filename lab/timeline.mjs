import { quantile } from "../bench/figures.mjs";

/** Calls of a steady load as they went: what was lost or late, and when. All times are milliseconds of the wall clock. */
export class Timeline {
  #begun;
  #took;
  /** When answers came, ascending. */
  #answers;

  /** What `OpenLoad` tells; `begun` is relative to `startedAt`, `took` infinite where no answer came. */
  constructor({ startedAt, begun, took }) {
    this.#begun = Float64Array.from(begun, (at) => at + startedAt);
    this.#took = Float64Array.from(took);
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

/** A quantile that is null where it falls on what has no value: a call without an answer, an event that had no end. */
export function quantileOrNull(values, part) {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values, (value) => value ?? Number.POSITIVE_INFINITY).sort();
  const value = quantile(sorted, part);
  return value < Number.POSITIVE_INFINITY ? value : null;
}
