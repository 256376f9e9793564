import type { Frame } from "./frames.ts";

/** Flow control of a whole connection, both ways. Totals since the beginning. */
export class ConnectionCredit {
  readonly #window: number;
  #sent = 0;
  #limit = 0;
  #consumed = 0;
  #granted: number;

  /** `window`: bytes we let the peer send ahead of our reading. */
  constructor(window: number) {
    this.#window = window;
    this.#granted = window;
  }

  /** Bytes that may be sent now. */
  get allowance(): number {
    return this.#limit - this.#sent;
  }

  /** The peer takes bytes up to `limit` now. */
  grant(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }

  sent(size: number): void {
    this.#sent += size;
  }

  /** `size` bytes were read. True where the peer should be told. */
  consumed(size: number): boolean {
    this.#consumed += size;
    return this.#due;
  }

  /** Adds the new limit to `frames` where it is time for one. */
  collect(frames: Frame[]): void {
    if (!this.#due) return;
    this.#granted = this.#consumed + this.#window;
    frames.push({ kind: "connection_credit", limit: this.#granted });
  }

  get #due(): boolean {
    return this.#consumed + this.#window - this.#granted >= this.#window / 2;
  }
}
