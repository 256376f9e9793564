/**
 * Losses that come in bursts, as a chain of two states (Gilbert-Elliott): in the good one everything passes, in the bad one
 * nothing. `share` of all packets are lost (0 to below 1), `burst` in a row on average (1 or more).
 */
export class BurstLoss {
  #chance;
  #worsens;
  #recovers;
  #isBad = false;

  constructor({ share, burst, chance }) {
    this.#chance = chance;
    this.#recovers = 1 / burst;
    // In the long run it is bad for `worsens / (worsens + recovers)` of the time.
    this.#worsens = Math.min(1, (share / (1 - share)) * this.#recovers);
  }

  /** Whether the next packet is lost. */
  next() {
    const chance = this.#chance();
    this.#isBad = this.#isBad ? chance >= this.#recovers : chance < this.#worsens;
    return this.#isBad;
  }
}
