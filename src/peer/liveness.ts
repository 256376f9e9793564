import type { Millis } from "../base/ports.ts";

export interface LivenessLimits {
  /** Silence of the peer after which it is asked for a sign of life. */
  readonly pingAfter: Millis;
  /** The same for an anchor that stands in for a direct link in use, and at least between two such questions. */
  readonly warmPingAfter: Millis;
  /** Silence after which it counts as gone. */
  readonly goneAfter: Millis;
  /** The same for a peer that this node is reached through; more, up to the former, where the way to it is long. */
  readonly anchorGoneAfter: Millis;
  /** How often silence is measured. */
  readonly checkEvery: Millis;
}

/** A dead peer is noticed within 4.25 s, a dead anchor within 3 s; an idle link costs one ping in 1.5 s. */
export const LIVENESS_LIMITS: LivenessLimits = {
  pingAfter: 1_500,
  warmPingAfter: 500,
  goneAfter: 4_000,
  anchorGoneAfter: 2_750,
  checkEvery: 250,
};

/** Round trips that an anchor has for its answer at least: what asks it is sent again when it is lost, ever more seldom. */
const ANSWER_ROUND_TRIPS = 4;

/**
 * How much hangs on a peer: `anchor` where this node is reached through it, `warm` where that is so and calls which go
 * over a direct link now have nothing else left when that is gone. A NAT that has forgotten this node learns of it again
 * only by what it sends.
 */
export type LivenessCare = "usual" | "anchor" | "warm";

export type LivenessStep = "nothing" | "ping" | "gone";

/** Weight of a new measurement in the smoothed round trip (RFC 6298, 2.3). */
const ROUND_TRIP_WEIGHT = 1 / 8;

/** Whether one peer is still there. Pure: every method is told the time. */
export class Liveness {
  readonly #limits: LivenessLimits;
  #heardAt: Millis;
  #pingedAt: Millis | undefined;
  #checkedAt: Millis;
  /** Smoothed round trip; `undefined` before the first answer. */
  roundTrip: Millis | undefined;

  constructor(limits: LivenessLimits, now: Millis) {
    this.#limits = limits;
    this.#heardAt = now;
    this.#checkedAt = now;
  }

  /** When something last came from the peer. */
  get heardAt(): Millis {
    return this.#heardAt;
  }

  /** Something came from the peer. */
  heard(now: Millis): void {
    this.#heardAt = now;
  }

  /** A ping was sent. */
  pinged(now: Millis): void {
    this.#pingedAt = now;
  }

  /** The answer to the last ping came. */
  answered(now: Millis): void {
    this.#heardAt = now;
    if (this.#pingedAt === undefined) return;
    const sample = now - this.#pingedAt;
    this.#pingedAt = undefined;
    this.roundTrip =
      this.roundTrip === undefined
        ? sample
        : this.roundTrip + (sample - this.roundTrip) * ROUND_TRIP_WEIGHT;
  }

  /** True where the answer to a ping takes long. */
  isSuspect(now: Millis): boolean {
    const { pingAfter, checkEvery } = this.#limits;
    return now - this.#heardAt > pingAfter + checkEvery + 2 * (this.roundTrip ?? 0);
  }

  /** This node was away, as a machine is that sleeps: the peer has to prove soon that it is still there. */
  doubt(now: Millis): void {
    this.#heardAt = now - this.#limits.pingAfter;
    this.#checkedAt = now;
  }

  /** What to do now; to be asked every `checkEvery`. */
  check(now: Millis, care: LivenessCare = "usual"): LivenessStep {
    const stalled = now - this.#checkedAt > this.#limits.checkEvery * 3;
    this.#checkedAt = now;
    // Who was not running heard nothing, whoever spoke: that silence is one's own.
    if (stalled) this.#heardAt = Math.max(this.#heardAt, now - this.#limits.pingAfter);
    const silence = now - this.#heardAt;
    if (silence >= this.#goneAfter(care !== "usual")) return "gone";
    if (silence >= this.#limits.pingAfter) return "ping";
    return care === "warm" && this.#isCool(now) ? "ping" : "nothing";
  }

  #isCool(now: Millis): boolean {
    return now - Math.max(this.#heardAt, this.#pingedAt ?? 0) >= this.#limits.warmPingAfter;
  }

  #goneAfter(isAnchor: boolean): Millis {
    const { pingAfter, goneAfter, anchorGoneAfter } = this.#limits;
    if (!isAnchor) return goneAfter;
    const answering = ANSWER_ROUND_TRIPS * (this.roundTrip ?? 0);
    return Math.min(goneAfter, Math.max(anchorGoneAfter, pingAfter + answering));
  }
}
