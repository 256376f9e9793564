/** Decides from its signs of life whether a process hangs. Times in milliseconds of one clock. */
export class Pulse {
  readonly #hungAfter: number;
  #heardAt: number;
  #lookedAt: number;

  constructor(hungAfter: number, now: number) {
    this.#hungAfter = hungAfter;
    this.#heardAt = now;
    this.#lookedAt = now;
  }

  hear(now: number): void {
    this.#heardAt = now;
  }

  /** Whether it hangs; asked several times within the time that it may be silent. */
  hangs(now: number): boolean {
    // Where whoever looks did not run either, as with Ctrl-Z or a sleeping machine, silence says nothing.
    if (now - this.#lookedAt > this.#hungAfter / 2) this.#heardAt = now;
    this.#lookedAt = now;
    return now - this.#heardAt >= this.#hungAfter;
  }
}
