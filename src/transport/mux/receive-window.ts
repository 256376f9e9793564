/** Flow control of what comes in, of a stream or of a connection. Totals since the beginning. */
export class ReceiveWindow {
  readonly #size: number;
  #received = 0;
  #consumed = 0;
  #granted: number;

  /** `size`: bytes that the peer may send ahead of our reading. */
  constructor(size: number) {
    this.#size = size;
    this.#granted = size;
  }

  /** `length` bytes have come. False where they are more than was granted. */
  receive(length: number): boolean {
    this.#received += length;
    return this.#received <= this.#granted;
  }

  /** `length` bytes were read, or are not wanted. */
  consume(length: number): void {
    this.#consumed += length;
  }

  /** Half of the window was consumed since the last grant: the peer should be told. */
  get due(): boolean {
    return this.#consumed + this.#size - this.#granted >= this.#size / 2;
  }

  /** The new limit to grant. */
  grant(): number {
    this.#granted = this.#consumed + this.#size;
    return this.#granted;
  }
}
