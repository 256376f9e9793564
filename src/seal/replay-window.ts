/** How far behind the highest counter another one may come and still be told from a repeated one. */
export const REPLAY_WINDOW = 8_192;

const WORD_BITS = 32;
const WORDS = REPLAY_WINDOW / WORD_BITS;

/**
 * Which counters have been seen, as in RFC 6479: a ring of bits, of which one word is always being cleared ahead.
 */
export class ReplayWindow {
  readonly #words = new Uint32Array(WORDS + 1);
  #highest = -1;

  /** True where `counter`, a whole number, was not taken before. False where it was, or is too far behind to know. */
  take(counter: number): boolean {
    const word = Math.floor(counter / WORD_BITS);
    const top = Math.floor(Math.max(0, this.#highest) / WORD_BITS);
    if (word + WORDS <= top) return false;
    if (counter > this.#highest) this.#advance(top, word, counter);
    const at = word % this.#words.length;
    const bit = 1 << (counter % WORD_BITS);
    const bits = this.#words[at] as number;
    this.#words[at] = bits | bit;
    return (bits & bit) === 0;
  }

  #advance(top: number, word: number, counter: number): void {
    const steps = Math.min(word - top, this.#words.length);
    for (let step = 1; step <= steps; step++) this.#words[(top + step) % this.#words.length] = 0;
    this.#highest = counter;
  }
}
