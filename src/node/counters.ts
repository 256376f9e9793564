import type { Meter } from "../base/ports.ts";

/** Counts by name. Names are fixed in the code, so there are as many as the code has. */
export class Counters implements Meter {
  readonly #counts = new Map<string, number>();

  count(name: string, amount = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + amount);
  }

  /** All counts, by name. */
  snapshot(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
