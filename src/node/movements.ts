import type { Address } from "../base/address.ts";
import type { Clock, Millis, Timer } from "../base/ports.ts";
import type { Sightings } from "../nat/sightings.ts";
import { Whereabouts } from "../nat/whereabouts.ts";

/** How often the interfaces of this machine are looked at. */
const LOOK_EVERY: Millis = 5_000;

/** Looks from one question to the links where they see this node to the next. */
const LOOKS_TO_ASK = 12;

/** Links that are asked: as many as have to agree. */
const WITNESSES = 2;

export interface MovementsOptions {
  /** Addresses of this machine's interfaces. */
  readonly locals: () => readonly Address[];
  /** Whether it matters where others see this node also while nothing happens: it says, or may say, where it can be dialled. */
  readonly isWatched: () => boolean;
  /** This node is elsewhere than it was, or may be. */
  readonly onMoved: () => void;
}

/**
 * Notices that this node has moved: an interface has come or gone, or its links see it at another address, as behind a
 * router that was started again.
 */
export class Movements {
  readonly #clock: Clock;
  readonly #sightings: Sightings;
  readonly #options: MovementsOptions;
  readonly #whereabouts = new Whereabouts();
  #interfaces: string;
  #looks = 0;
  #timer: Timer;
  #closed = false;

  constructor(clock: Clock, sightings: Sightings, options: MovementsOptions) {
    this.#clock = clock;
    this.#sightings = sightings;
    this.#options = options;
    this.#interfaces = this.#readInterfaces();
    this.#timer = this.#schedule();
  }

  /** To be told where this node was away: it may have come back somewhere else. */
  wasAway(): void {
    this.#interfaces = this.#readInterfaces();
    this.#moved();
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
  }

  #schedule(): Timer {
    return this.#clock.timer(LOOK_EVERY, () => {
      this.#timer = this.#schedule();
      this.#looks += 1;
      const interfaces = this.#readInterfaces();
      if (interfaces !== this.#interfaces) {
        this.#interfaces = interfaces;
        this.#moved();
      } else if (this.#looks % LOOKS_TO_ASK === 1 && this.#options.isWatched()) this.#ask();
    });
  }

  #moved(): void {
    this.#sightings.doubt();
    this.#options.onMoved();
  }

  #ask(): void {
    this.#sightings.gather(WITNESSES).then(
      (seen) => {
        if (this.#closed) return;
        if (this.#whereabouts.hasMoved(seen.map(({ address }) => address))) this.#moved();
      },
      () => {}, // It rejects for nothing: who does not answer is left out.
    );
  }

  #readInterfaces(): string {
    return [...this.#options.locals()].sort().join();
  }
}
