/** How far behind the highest counter another one may come and still be told from a repeated one. */
export const REPLAY_WINDOW = 8_192;

const WORD_BITS = 32;

/** What a small whole number takes in an array. */
const SLOT_BYTES = 8;
const WORDS_MAX: number = REPLAY_WINDOW / WORD_BITS + 1;

/** Most sessions carry a few texts and end. */
const WORDS_FIRST = 4;

/**
 * Which counters have been seen, as in RFC 6479: a ring of bits, of which one word is always being cleared ahead. Counters
 * begin at 0, and the ring goes round only when it has its full length.
 */
export class ReplayWindow {
  /** Of 32 bits each. A plain array: while it is short it takes a third of the memory of a typed one. */
  #words: number[] = zeros(WORDS_FIRST);
  #highest = -1;

  /** Bytes in use. */
  get memory(): number {
    return this.#words.length * SLOT_BYTES;
  }

  /** True where `counter`, a whole number, was not taken before. False where it was, or is too far behind to know. */
  take(counter: number): boolean {
    const word = Math.floor(counter / WORD_BITS);
    const top = Math.floor(Math.max(0, this.#highest) / WORD_BITS);
    if (word + WORDS_MAX - 1 <= top) return false;
    if (counter > this.#highest) this.#advance(top, word, counter);
    const at = word % this.#words.length;
    const bit = 1 << (counter % WORD_BITS);
    const bits = this.#words[at] as number;
    this.#words[at] = bits | bit;
    return (bits & bit) === 0;
  }

  #advance(top: number, word: number, counter: number): void {
    if (word >= this.#words.length && this.#words.length < WORDS_MAX) this.#grow(word + 1);
    const steps = Math.min(word - top, this.#words.length);
    for (let step = 1; step <= steps; step++) this.#words[(top + step) % this.#words.length] = 0;
    this.#highest = counter;
  }

  #grow(needed: number): void {
    const length = Math.min(WORDS_MAX, Math.max(needed, this.#words.length * 2));
    this.#words = [...this.#words, ...zeros(length - this.#words.length)];
  }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}
