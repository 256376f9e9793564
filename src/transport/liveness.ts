import type { Clock, Millis, Timer } from "../base/ports.ts";

export interface LivenessOptions {
  readonly idleTimeout: Millis;
  /** 0 for never. */
  readonly keepAlive: Millis;
  /** Says something to the peer. */
  readonly ping: () => void;
  /** Nothing was heard for `idleTimeout`. */
  readonly expire: () => void;
}

/** Notices silence on one end of a connection: breaks its own, gives up on the peer's. */
export class Liveness {
  readonly #clock: LivenessClock;
  readonly #options: LivenessOptions;
  #heard: Millis;
  #said: Millis = Number.POSITIVE_INFINITY;
  #pinged: Millis;
  #timer: Timer | undefined;

  constructor(clock: LivenessClock, options: LivenessOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#heard = clock.now();
    this.#pinged = this.#heard;
    this.#arm();
  }

  /** Something came, or will have come by `time`. */
  heard(time: Millis): void {
    this.#heard = Math.max(this.#heard, time);
  }

  /** Something was sent at `time`. For drivers whose peers hear nothing else of an end that only receives. */
  said(time: Millis): void {
    this.#said = time;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #check(): void {
    const now = this.#clock.now();
    if (now >= this.#heard + this.#options.idleTimeout) {
      this.#options.expire();
      return;
    }
    if (this.#options.keepAlive > 0 && now >= this.#pingDue()) {
      this.#pinged = now;
      this.#options.ping();
    }
    this.#arm();
  }

  #arm(): void {
    const lost = this.#heard + this.#options.idleTimeout;
    const due = this.#options.keepAlive > 0 ? Math.min(lost, this.#pingDue()) : lost;
    this.#timer = this.#clock.timer(due - this.#clock.now(), () => this.#check());
  }

  #pingDue(): Millis {
    return Math.max(Math.min(this.#heard, this.#said), this.#pinged) + this.#options.keepAlive;
  }
}

/** As much of the clock as it takes. */
export type LivenessClock = Pick<Clock, "now" | "timer">;
