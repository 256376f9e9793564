import { BoundedMap, TokenBucket } from "../base/bounded.ts";
import { idNumber, type NodeId } from "../base/id.ts";
import type { Clock, Millis } from "../base/ports.ts";

/** Offers that are taken a second, and at once. */
const RATE = 4;
const BURST = 16;

/** One peer's next offer is taken after this time; twice as long after each one that came to nothing, up to the other. */
const PAUSE: Millis = 10_000;
const PAUSE_MOST: Millis = 600_000;

/** Peers whose last offer is remembered; the one that was heard of longest ago goes. */
const OFFERERS_MAX = 1_024;

interface Offerer {
  readonly failures: number;
  readonly until: Millis;
}

/** How many offers of links this node goes into: each may make it send packets to addresses that the peer names. */
export class OfferQuota {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #offerers = new BoundedMap<number, Offerer>(OFFERERS_MAX);

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(clock, RATE, BURST);
  }

  /** True, and counted as one that came to nothing until `linked` says otherwise, where this one may be taken. */
  take(peer: NodeId): boolean {
    const now = this.#clock.now();
    const { failures, until } = this.#offerers.peek(idNumber(peer)) ?? { failures: 0, until: now };
    if (now < until || !this.#bucket.take()) return false;
    const pause = Math.min(PAUSE * 2 ** Math.min(failures, 10), PAUSE_MOST);
    this.#offerers.set(idNumber(peer), { failures: failures + 1, until: now + pause });
    return true;
  }

  /** There is a link with the peer: it has offered in good faith. */
  linked(peer: NodeId): void {
    this.#offerers.delete(idNumber(peer));
  }
}
