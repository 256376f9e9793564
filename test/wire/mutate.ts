import { concat } from "../../src/base/bytes.ts";
import { writeUint32 } from "../../src/wire/frame.ts";

/** Seeded chance for tests (xorshift32): the same seed draws the same mutations on every machine. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** A whole number, 0 ≤ n < `limit`. */
  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

type Mutation = (frame: Uint8Array, dice: Dice, corpus: readonly Uint8Array[]) => Uint8Array;

/** Lengths that a liar announces. */
const LIES = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_ffff];

/** MessagePack bytes that change what follows: containers, lengths, extensions, the unused byte. */
const FORMATS = [
  0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xd4, 0xd9, 0xdb, 0xdd, 0xdf,
];

const flipBit: Mutation = (frame, dice) => {
  const at = dice.below(frame.length);
  frame[at] = (frame[at] as number) ^ (1 << dice.below(8));
  return frame;
};

const setByte: Mutation = (frame, dice) => {
  frame[dice.below(frame.length)] = dice.below(256);
  return frame;
};

const setFormat: Mutation = (frame, dice) => {
  frame[dice.below(frame.length)] = dice.pick(FORMATS);
  return frame;
};

const truncate: Mutation = (frame, dice) => frame.slice(0, dice.below(frame.length));

const splice: Mutation = (frame, dice, corpus) => {
  const other = dice.pick(corpus);
  return concat(
    frame.subarray(0, dice.below(frame.length)),
    other.subarray(dice.below(other.length)),
  );
};

const duplicate: Mutation = (frame, dice) => {
  const from = dice.below(frame.length);
  const part = frame.subarray(from, from + dice.below(frame.length - from) + 1);
  return concat(frame.subarray(0, from), part, frame.subarray(from));
};

const lie: Mutation = (frame, dice) => {
  const at = dice.below(Math.max(1, frame.length - 4));
  if (frame.length >= at + 4) writeUint32(frame, at, dice.pick(LIES));
  return frame;
};

const deepen: Mutation = (frame, dice) => {
  const at = Math.min(frame.length, 8 + dice.below(frame.length));
  const bomb = new Uint8Array(1 + dice.below(64)).fill(dice.pick([0x81, 0x91, 0xdd]));
  return concat(frame.subarray(0, at), bomb, frame.subarray(at));
};

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setFormat,
  truncate,
  splice,
  duplicate,
  lie,
  deepen,
];

/** A frame of the corpus, changed in one to four ways. Most keep a header that fits, so that payloads are reached. */
export function mutant(corpus: readonly Uint8Array[], dice: Dice): Uint8Array {
  let frame: Uint8Array = dice.pick(corpus).slice();
  for (let times = 1 + dice.below(4); times > 0 && frame.length > 0; times--) {
    frame = dice.pick(MUTATIONS)(frame, dice, corpus);
  }
  if (frame.length >= 8 && dice.below(8) > 0) {
    writeUint32(frame, 4, frame.length - 8);
    frame[0] = 2;
    if (dice.below(4) > 0) frame[1] = dice.pick(corpus)[1] as number;
  }
  return frame;
}
