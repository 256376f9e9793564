import type { Millis } from "../base/ports.ts";

/** What a node passes on for others at most: bytes a second. */
export interface ForwardingLimits {
  /** For each of its neighbours; without limit when left out. */
  readonly perNeighbour?: number;
  /** For all of them; without limit when left out. */
  readonly inAll?: number;
}

/** What may be passed on at once after a pause: as much as in so many milliseconds at the full rate. */
const BURST: Millis = 1_000;

/** A neighbour, as far as its share is concerned. */
export interface Debtor {
  /** When what was passed on for it is paid at its rate. */
  forwardingPaid: Millis;
}

/**
 * Shares of what a node passes on for others: the generic cell rate algorithm (ITU-T I.371), counted in bytes. A frame
 * larger than a burst passes where nothing is owed, and is paid for afterwards.
 */
export class ForwardingQuota {
  /** Milliseconds that a byte costs. */
  readonly #perNeighbour: number;
  readonly #inAll: number;
  #paid: Millis = 0;

  constructor({ perNeighbour, inAll }: ForwardingLimits) {
    this.#perNeighbour = perNeighbour === undefined ? 0 : 1_000 / perNeighbour;
    this.#inAll = inAll === undefined ? 0 : 1_000 / inAll;
  }

  /** True, and counted, where so many bytes may be passed on now that came from `neighbour`. */
  take(neighbour: Debtor, bytes: number, now: Millis): boolean {
    const ofNeighbour = Math.max(neighbour.forwardingPaid, now);
    const ofAll = Math.max(this.#paid, now);
    if (ofNeighbour - now > BURST || ofAll - now > BURST) return false;
    neighbour.forwardingPaid = ofNeighbour + bytes * this.#perNeighbour;
    this.#paid = ofAll + bytes * this.#inAll;
    return true;
  }
}
