/** Flow control of what goes out on a connection. Totals since the beginning. */
export class SendCredit {
  #sent = 0;
  #limit = 0;

  /** Bytes that may be sent now. */
  get allowance(): number {
    return this.#limit - this.#sent;
  }

  /** The peer takes bytes up to `limit` now. */
  grant(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }

  spend(length: number): void {
    this.#sent += length;
  }
}
