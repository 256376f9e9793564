import type { Random } from "../base/ports.ts";

const TWO_TO_32 = 2 ** 32;

/**
 * Chance from a seed: xoshiro128** (Blackman and Vigna, 2018). Equal (seed, stream) give equal draws, and
 * streams are independent: a node more in a world does not change what the others draw. Not for keys.
 */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  /** `seed` and `stream` are whole numbers below 2^53. */
  constructor(seed: number, stream = 0) {
    this.#state = expand(seed, stream);
  }

  below(limit: number): number {
    // Draws at the ragged end of the range are thrown away, else low numbers came up more often.
    const fair = TWO_TO_32 - (TWO_TO_32 % limit);
    let draw = this.#next();
    while (draw >= fair) draw = this.#next();
    return draw % limit;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let word = 0;
    for (let at = 0; at < length; at++) {
      if (at % 4 === 0) word = this.#next();
      bytes[at] = word & 0xff;
      word >>>= 8;
    }
    return bytes;
  }

  #next(): number {
    const state = this.#state;
    const a = state[0] as number;
    const b = state[1] as number;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const mixed = (state[2] as number) ^ a;
    const last = (state[3] as number) ^ b;
    state[1] = b ^ mixed;
    state[0] = a ^ last;
    state[2] = mixed ^ (b << 9);
    state[3] = rotate(last, 11);
    return result;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Spreads a few numbers over the state, so that neighbouring seeds share nothing. */
function expand(seed: number, stream: number): Uint32Array {
  const words = [seed, seed / TWO_TO_32, stream, stream / TWO_TO_32];
  const state = new Uint32Array(4);
  let mixed = 0x9e3779b9;
  for (let round = 0; round < 12; round++) {
    mixed = avalanche((mixed + (words[round % 4] as number) + round) >>> 0);
    const at = round % 4;
    state[at] = avalanche(((state[at] as number) ^ mixed) + 0x9e3779b9);
  }
  return state;
}

function avalanche(word: number): number {
  let mixed = word >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
