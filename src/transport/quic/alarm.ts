import { performance } from "node:perf_hooks";

/** How much later than asked a timer that is already set may fire, in milliseconds. */
const SLACK = 0.5;

/**
 * One timer for a deadline that moves all the time. It is set anew only for an earlier deadline; when it
 * fires early it calls `action` all the same, which is to set the next deadline.
 */
export class Alarm {
  readonly #action: () => void;
  readonly #onTimer: () => void = () => this.#fire();
  #timer: NodeJS.Timeout | undefined;
  #at: number = Number.POSITIVE_INFINITY;

  constructor(action: () => void) {
    this.#action = action;
  }

  /** `deadline` is on the clock of `performance.now()`; infinite for none. */
  set(deadline: number): void {
    if (this.#timer !== undefined) {
      if (this.#at <= deadline + SLACK) return;
      this.clear();
    }
    if (deadline === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(1, Math.ceil(deadline - performance.now()));
    this.#at = deadline;
    this.#timer = setTimeout(this.#onTimer, delay);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#action();
  }
}
