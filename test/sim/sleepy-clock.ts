import type { Clock, Millis, Timer } from "../../src/base/ports.ts";

/**
 * The time of a machine that can sleep: its monotonic clock and its timers stand still then, and its wall clock goes on,
 * as on Linux.
 */
export class SleepyClock implements Clock {
  readonly #world: Clock;
  #missed: Millis = 0;
  #sleptAt: Millis | undefined;
  /** Timers that have come due in sleep, and look at the time again when it ends. */
  readonly #waiting = new Set<() => void>();

  constructor(world: Clock) {
    this.#world = world;
  }

  now(): Millis {
    return (this.#sleptAt ?? this.#world.now()) - this.#missed;
  }

  wall(): Millis {
    return this.#world.wall();
  }

  timer(delay: Millis, action: () => void): Timer {
    const dueAt = this.now() + delay;
    let timer: Timer | undefined;
    const look = (): void => {
      this.#waiting.delete(look);
      if (this.#sleptAt !== undefined) this.#waiting.add(look);
      else if (this.now() < dueAt) timer = this.#world.timer(dueAt - this.now(), look);
      else action();
    };
    timer = this.#world.timer(delay, look);
    return {
      cancel: () => {
        this.#waiting.delete(look);
        timer?.cancel();
      },
    };
  }

  sleep(): void {
    this.#sleptAt ??= this.#world.now();
  }

  wake(): void {
    if (this.#sleptAt === undefined) return;
    this.#missed += this.#world.now() - this.#sleptAt;
    this.#sleptAt = undefined;
    for (const look of [...this.#waiting]) look();
  }
}
