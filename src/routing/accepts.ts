import type { Clock, Millis, Timer } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";

/** While frames come in, their neighbour is told so long after the first untold one. */
const TELL_AFTER: Millis = 20;

/** Where none comes any more, it is told so long after that. */
const TELL_LATEST: Millis = 100;

/** After so many frames it is told at once, so that it need not keep more. */
const TELL_EVERY = 256;

/** When a link that did not take the word is tried again. */
const TRY_AGAIN: Millis = 50;

/**
 * Tells neighbours how many route frames were taken from them: one number for all frames of a while. Where frames go to a
 * neighbour the word goes along with them (see `Link.sendRouted`): a packet of its own costs as much as a call, and a
 * timer that is always near makes every wait for the network dearer.
 */
export class Accepts {
  readonly #clock: Clock;
  /** Those that are not known to have heard of every frame. */
  readonly #due = new Set<Link>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A route frame came in over `link` on its shared stream, when the link was last used, and is dealt with. */
  took(link: Link): void {
    const untold = link.tookFrame();
    if (untold === 1) this.#begin(link);
    else if (untold > TELL_EVERY || link.usedAt - link.untoldSince >= TELL_AFTER) {
      link.tellTaken(link.usedAt);
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#due.clear();
  }

  #begin(link: Link): void {
    this.#due.add(link);
    this.#timer ??= this.#clock.timer(TELL_LATEST, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    let wait = TELL_LATEST;
    for (const link of this.#due) {
      const left = link.untoldSince + TELL_LATEST - now;
      if (link.framesUntold > 0 && left <= 0) link.tellTaken(now);
      // What the link does not take now is told later: its peer may send nothing before it hears.
      if (link.framesUntold === 0 || link.ended !== undefined) this.#due.delete(link);
      else wait = Math.min(wait, left > 0 ? left : TRY_AGAIN);
    }
    if (this.#due.size > 0) this.#timer = this.#clock.timer(wait, () => this.#look());
  }
}
