import { BoundedMap } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { idNumber, type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { readUint16, readUint32 } from "../wire/frame.ts";

/** Callers whose calls are remembered; the one not heard of for longest goes. */
export const CALLERS_MAX = 16_384;

/** Lives of one caller; it has another after each start. The oldest goes. */
const LIVES_MAX = 4;

/** Calls of one caller that are told apart, at first and at most; each takes a bit. */
const WINDOW_FIRST = 1_024;
const WINDOW_MAX: number = 1_000_000;

const WORD_BITS = 32;

/** Bytes of all windows that have grown; where they are used up, windows keep the length they have. */
export const GROWN_BYTES_MAX: number = 16 << 20;

/** A window in which calls pass faster than half of it in this time grows. */
const REMEMBERED: Millis = 30_000;

/** Bytes of a call id before its counter. */
const PREFIX_BYTES = 10;

/** What is known of a call. `too_old`: it can't be told any more, so it must not be executed. */
export type Execution = "new" | "executed" | "too_old";

/**
 * Which calls this node has executed: for each life of a caller a window over its counter, as in IPsec's protection
 * against replays (RFC 6479). Behind the window nothing is known, and what is not known is never executed. Exact
 * within it. A caller can only displace lives of its own. Pure: told the time.
 */
export class Executed {
  readonly #callers = new BoundedMap<number, readonly Window[]>(CALLERS_MAX);
  #last: Window | undefined;
  #grown = 0;

  /** Callers that are remembered. */
  get size(): number {
    return this.#callers.size;
  }

  /** Bytes of the windows that have grown. */
  get grownBytes(): number {
    return this.#grown;
  }

  state(caller: NodeId, callId: Bytes): Execution {
    return this.#window(caller, callId)?.state(counterOf(callId)) ?? "new";
  }

  /** The call is executed now. */
  mark(caller: NodeId, callId: Bytes, now: Millis): void {
    const known = this.#window(caller, callId);
    if (known) {
      const before = known.grownBytes;
      known.mark(counterOf(callId), now, GROWN_BYTES_MAX - this.#grown);
      this.#grown += known.grownBytes - before;
      return;
    }
    const window = new Window(caller, callId, now);
    this.#last = window;
    this.#keep(idNumber(caller), window);
  }

  #window(caller: NodeId, callId: Bytes): Window | undefined {
    if (this.#last?.is(caller, callId) === true) return this.#last;
    const window = this.#callers.get(idNumber(caller))?.find((it) => it.is(caller, callId));
    if (window) this.#last = window;
    return window;
  }

  #keep(key: number, window: Window): void {
    const lives = this.#callers.peek(key) ?? [];
    if (lives.length === 0 && this.#callers.size === CALLERS_MAX) this.#forgetOldest();
    for (const old of lives.slice(LIVES_MAX - 1)) this.#grown -= old.grownBytes;
    this.#callers.set(key, [window, ...lives.slice(0, LIVES_MAX - 1)]);
  }

  #forgetOldest(): void {
    for (const [key, lives] of this.#callers) {
      for (const { grownBytes } of lives) this.#grown -= grownBytes;
      this.#callers.delete(key);
      return;
    }
  }
}

/** The calls of one life of a caller: a ring of bits, one for each of the latest counters. */
class Window {
  readonly #caller: NodeId;
  /** The life: what stands in front of the counter in the ids of its calls. */
  readonly #lifeHigh: number;
  readonly #lifeLow: number;
  #words: Uint32Array = new Uint32Array(WINDOW_FIRST / WORD_BITS);
  #highest: number;
  /** Below it nothing is known, though the window may have grown to there since. */
  #lowest = 0;
  /** Where the highest stood when the speed was last looked at, and when. */
  #markedHighest: number;
  #markedAt: Millis;

  constructor(caller: NodeId, callId: Bytes, now: Millis) {
    const counter = counterOf(callId);
    this.#caller = caller;
    this.#lifeHigh = lifeHighOf(callId);
    this.#lifeLow = lifeLowOf(callId);
    this.#highest = counter;
    this.#markedHighest = counter;
    this.#markedAt = now;
    this.#set(counter);
  }

  /** Bytes beyond those that every window has. */
  get grownBytes(): number {
    return this.#words.byteLength - WINDOW_FIRST / 8;
  }

  is(caller: NodeId, callId: Bytes): boolean {
    const isOfLife = this.#lifeLow === lifeLowOf(callId) && this.#lifeHigh === lifeHighOf(callId);
    return isOfLife && sameId(this.#caller, caller);
  }

  state(counter: number): Execution {
    if (counter > this.#highest) return "new";
    if (counter < this.#lowest || counter <= this.#highest - this.#size) return "too_old";
    const bits = this.#words[this.#at(wordOf(counter))] as number;
    return ((bits >>> (counter % WORD_BITS)) & 1) === 1 ? "executed" : "new";
  }

  /** Executed now; the window may take so many bytes more. */
  mark(counter: number, now: Millis, bytesLeft: number): void {
    if (counter > this.#highest) this.#advance(counter, now, bytesLeft);
    this.#set(counter);
  }

  get #size(): number {
    // The word that is being filled stands for the newest and for the oldest counters: these are forgotten.
    return (this.#words.length - 1) * WORD_BITS;
  }

  #advance(counter: number, now: Millis, bytesLeft: number): void {
    if (counter - this.#markedHighest > this.#size / 2) {
      const isFast = now - this.#markedAt < REMEMBERED;
      if (isFast) this.#growFor(counter - this.#markedHighest, bytesLeft);
      this.#markedHighest = counter;
      this.#markedAt = now;
    }
    const last = wordOf(counter);
    const first = Math.max(wordOf(this.#highest) + 1, last - this.#words.length + 1);
    for (let word = first; word <= last; word++) this.#words[this.#at(word)] = 0;
    this.#highest = counter;
  }

  /** So many calls may pass in a short time: at least four times as many are told apart, within the bounds. */
  #growFor(calls: number, bytesLeft: number): void {
    const before = this.#words.byteLength;
    const most = before + bytesLeft;
    let bytes = before;
    while (bytes * 8 < WINDOW_MAX && bytes * 2 <= most && bytes * 2 <= calls) bytes *= 2;
    if (bytes > before) this.#resize(bytes / Uint32Array.BYTES_PER_ELEMENT);
  }

  #resize(length: number): void {
    const old = this.#words;
    this.#lowest = Math.max(this.#lowest, this.#highest - this.#size + 1);
    this.#words = new Uint32Array(length);
    const last = wordOf(this.#highest);
    for (let word = Math.max(0, last - old.length + 1); word <= last; word++) {
      this.#words[this.#at(word)] = old[word % old.length] as number;
    }
  }

  #set(counter: number): void {
    const at = this.#at(wordOf(counter));
    this.#words[at] = (this.#words[at] as number) | (1 << (counter % WORD_BITS));
  }

  #at(word: number): number {
    return word % this.#words.length;
  }
}

function wordOf(counter: number): number {
  return Math.floor(counter / WORD_BITS);
}

function lifeHighOf(callId: Bytes): number {
  return readUint32(callId, 0);
}

function lifeLowOf(callId: Bytes): number {
  return readUint32(callId, 4) * 0x1_0000 + readUint16(callId, 8);
}

function counterOf(callId: Bytes): number {
  return readUint16(callId, PREFIX_BYTES) * 0x1_0000_0000 + readUint32(callId, PREFIX_BYTES + 2);
}
