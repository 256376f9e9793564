import { unpacked } from "../base/bytes.ts";
import type { Millis } from "../base/ports.ts";

/** One record in its place, as little of it as is needed. */
export interface Held {
  readonly shelf: Shelf;
  readonly owner: string;
  /** The neighbour it came by. */
  readonly bringer: string;
  /** Its place among those that neighbour has brought. */
  at: number;
  /** The record as it travels, packed. */
  packed: string;
  seq: number;
  /** Unix milliseconds. */
  expires: number;
  withdrawn: boolean;
  /** A withdrawal is kept for as long as what it withdraws would be. */
  keepUntil: number;
}

/**
 * The records at one key. Most keys have one owner, so it is an array and nothing else; a search through the few
 * hundred that there are at most costs less than checking one signature.
 */
export class Shelf {
  readonly key: string;
  /** Who came first stands first. */
  #held: readonly Held[] = [];
  /** How many each neighbour has brought; from the first time that somebody had to give way here. */
  #counts: Map<string, number> | undefined;

  constructor(key: string) {
    this.key = key;
  }

  get size(): number {
    return this.#held.length;
  }

  get(owner: string): Held | undefined {
    return this.#held.find((held) => held.owner === owner);
  }

  all(): readonly Held[] {
    return this.#held;
  }

  add(held: Held): void {
    // An array that is pushed to, or spread into, takes room for 16 more.
    this.#held = this.#held.concat(held);
    this.#count(held.bringer, 1);
  }

  remove(held: Held): void {
    this.#held = this.#held.filter((other) => other !== held);
    this.#count(held.bringer, -1);
  }

  /** One that is of no use any more. */
  expired(now: Millis): Held | undefined {
    return this.#held.find((held) => held.keepUntil <= now);
  }

  /** The one to give up for a newcomer that `bringer` brings: the latest of whoever has brought the most by two. */
  victim(bringer: string): Held | undefined {
    if (this.#counts === undefined) {
      this.#counts = new Map();
      for (const held of this.#held) this.#count(held.bringer, 1);
    }
    let most = bringer;
    let count = (this.#counts.get(bringer) ?? 0) + 1;
    for (const [other, number] of this.#counts) {
      if (number <= count) continue;
      most = other;
      count = number;
    }
    if (most === bringer) return undefined;
    return this.#held.findLast((held) => held.bringer === most);
  }

  /** At most `count` that are live, one of each neighbour in turn. */
  live(now: Millis, count: number): Uint8Array[] {
    const queues = new Map<string, string[]>();
    for (const { bringer, packed, expires, withdrawn } of this.#held) {
      if (withdrawn || expires <= now) continue;
      const queue = queues.get(bringer);
      if (queue) queue.push(packed);
      else queues.set(bringer, [packed]);
    }
    const found: string[] = [];
    for (let turn = 0; found.length < count; turn++) {
      const round = [...queues.values()].flatMap((queue) => queue[turn] ?? []);
      if (round.length === 0) break;
      found.push(...round);
    }
    return found.slice(0, count).map(unpacked);
  }

  #count(bringer: string, change: 1 | -1): void {
    if (this.#counts === undefined) return;
    const count = (this.#counts.get(bringer) ?? 0) + change;
    if (count > 0) this.#counts.set(bringer, count);
    else this.#counts.delete(bringer);
  }
}
