import type { Millis } from "../base/ports.ts";

/** One record in its place, as little of it as is needed. */
export interface Held {
  readonly shelf: Shelf;
  readonly owner: string;
  /** The neighbour it came by. */
  readonly bringer: string;
  /** Its place among those that neighbour has brought. */
  at: number;
  bytes: Uint8Array;
  seq: number;
  /** Unix milliseconds. */
  expires: number;
  withdrawn: boolean;
  /** A withdrawal is kept for as long as what it withdraws would be. */
  keepUntil: number;
}

/** The records at one key. */
export class Shelf {
  readonly key: string;
  /** By owner; who came first stands first. */
  readonly #held = new Map<string, Held>();
  /** How many each neighbour has brought. */
  readonly #counts = new Map<string, number>();

  constructor(key: string) {
    this.key = key;
  }

  get size(): number {
    return this.#held.size;
  }

  get(owner: string): Held | undefined {
    return this.#held.get(owner);
  }

  all(): IterableIterator<Held> {
    return this.#held.values();
  }

  add(held: Held): void {
    this.#held.set(held.owner, held);
    this.#counts.set(held.bringer, (this.#counts.get(held.bringer) ?? 0) + 1);
  }

  remove(held: Held): void {
    this.#held.delete(held.owner);
    const left = (this.#counts.get(held.bringer) ?? 0) - 1;
    if (left > 0) this.#counts.set(held.bringer, left);
    else this.#counts.delete(held.bringer);
  }

  /** One that is of no use any more. */
  expired(now: Millis): Held | undefined {
    for (const held of this.#held.values()) if (held.keepUntil <= now) return held;
    return undefined;
  }

  /** The one to give up for a newcomer that `bringer` brings: the latest of whoever has brought the most by two. */
  victim(bringer: string): Held | undefined {
    let most = bringer;
    let count = (this.#counts.get(bringer) ?? 0) + 1;
    for (const [other, number] of this.#counts) {
      if (number <= count) continue;
      most = other;
      count = number;
    }
    if (most === bringer) return undefined;
    return [...this.#held.values()].findLast((held) => held.bringer === most);
  }

  /** At most `count` that are live, one of each neighbour in turn. */
  live(now: Millis, count: number): Uint8Array[] {
    const queues = new Map<string, Uint8Array[]>();
    for (const { bringer, bytes, expires, withdrawn } of this.#held.values()) {
      if (withdrawn || expires <= now) continue;
      const queue = queues.get(bringer);
      if (queue) queue.push(bytes);
      else queues.set(bringer, [bytes]);
    }
    const found: Uint8Array[] = [];
    for (let turn = 0; found.length < count; turn++) {
      const round = [...queues.values()].flatMap((queue) => queue[turn] ?? []);
      if (round.length === 0) break;
      found.push(...round);
    }
    return found.slice(0, count);
  }
}
