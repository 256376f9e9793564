import type { Millis } from "../base/ports.ts";

/** Time missed above which a node was not only slow but away: long enough for its peers to have given it up. */
const AWAY: Millis = 5_000;

/**
 * Whether this node was away, as a process is that was stopped or a machine that slept: time has passed that it did not
 * see. Both clocks are looked at, because the monotonic one of most systems stands still in sleep. A wall clock that is
 * set forward looks the same, and costs no more than a question to each peer.
 */
export class Wakefulness {
  readonly #every: Millis;
  #now: Millis;
  #wall: Millis;

  /** `every`: between two looks. */
  constructor(every: Millis, now: Millis, wall: Millis) {
    this.#every = every;
    this.#now = now;
    this.#wall = wall;
  }

  /** True where it was away since the last look. */
  wasAway(now: Millis, wall: Millis): boolean {
    const passed = Math.max(now - this.#now, wall - this.#wall);
    this.#now = now;
    this.#wall = wall;
    return passed - this.#every > AWAY;
  }
}
