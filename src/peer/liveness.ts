import type { Millis } from "../base/ports.ts";

export interface LivenessLimits {
  /** Silence of the peer after which it is asked for a sign of life. */
  readonly pingAfter: Millis;
  /** Silence after which it counts as gone. */
  readonly goneAfter: Millis;
  /** How often silence is measured. */
  readonly checkEvery: Millis;
}

/** A dead peer is noticed within 4.5 s; an idle link costs one ping in 1.5 s. */
export const LIVENESS_LIMITS: LivenessLimits = {
  pingAfter: 1_500,
  goneAfter: 4_000,
  checkEvery: 500,
};

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

  /** True between a ping and its answer, once that takes long. */
  suspect(now: Millis): boolean {
    return now - this.#heardAt > this.#limits.pingAfter + this.#limits.checkEvery;
  }

  /** What to do now; to be asked every `checkEvery`. */
  check(now: Millis): LivenessStep {
    const stalled = now - this.#checkedAt > this.#limits.checkEvery * 3;
    this.#checkedAt = now;
    // Who was not running heard nothing, whoever spoke: that silence is one's own.
    if (stalled) this.#heardAt = Math.max(this.#heardAt, now - this.#limits.pingAfter);
    const silence = now - this.#heardAt;
    if (silence >= this.#limits.goneAfter) return "gone";
    return silence >= this.#limits.pingAfter ? "ping" : "nothing";
  }
}
