import type { Clock, Millis, Timer } from "./ports.ts";

/** Something that ends at a moment unless it is removed before. Each stands in one list at most. */
export abstract class Expiring {
  /** Set by `Deadlines.add`. */
  expiresAt: Millis = 0;
  /** Neighbours in the list of a slot; only `Deadlines` touches them. */
  previous: Expiring | undefined = undefined;
  next: Expiring | undefined = undefined;
  slot = -1;

  /** Called once, when the moment has come. It is removed already. */
  abstract expire(): void;
}

/** Moments are told apart to this many milliseconds; nothing expires early. */
const GRAIN: Millis = 8;

/** Slots of the wheel: it goes round once in 8 seconds. */
const SLOTS = 1_024;

/**
 * Any number of deadlines over one timer: a hashed wheel (Varghese and Lauck, 1987). Adding and removing cost
 * the same whatever is pending, which a call with its deadline does a hundred thousand times a second.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #slots: (Expiring | undefined)[] = new Array<Expiring | undefined>(SLOTS).fill(
    undefined,
  );
  #size = 0;
  /** The last grain that was looked at. */
  #cursor: number;
  #timer: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#cursor = Math.floor(clock.now() / GRAIN);
  }

  /** Deadlines pending now. */
  get size(): number {
    return this.#size;
  }

  /** Lets `item` expire `delay` from now. */
  add(item: Expiring, delay: Millis): void {
    const now = this.#clock.now();
    item.expiresAt = now + Math.max(0, delay);
    if (this.#size === 0) this.#cursor = Math.max(this.#cursor, Math.floor(now / GRAIN));
    // Behind the cursor, always: what stands at it waits for the wheel to come round.
    const grain = Math.max(this.#cursor + 1, Math.ceil(item.expiresAt / GRAIN));
    this.#link(item, grain % SLOTS);
    if (grain < this.#wakeAt) this.#wake(grain, now);
  }

  /** Forgets `item`. Safe where it has expired or was never added. */
  remove(item: Expiring): void {
    if (item.slot < 0) return;
    if (item.previous) item.previous.next = item.next;
    else this.#slots[item.slot] = item.next;
    if (item.next) item.next.previous = item.previous;
    item.previous = undefined;
    item.next = undefined;
    item.slot = -1;
    this.#size -= 1;
  }

  /** Forgets all of them; none expires. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < SLOTS; slot++) {
      for (let item = this.#slots[slot]; item; item = this.#slots[slot]) this.remove(item);
    }
  }

  #link(item: Expiring, slot: number): void {
    const first = this.#slots[slot];
    item.slot = slot;
    item.previous = undefined;
    item.next = first;
    if (first) first.previous = item;
    this.#slots[slot] = item;
    this.#size += 1;
  }

  #wake(grain: number, now: Millis): void {
    this.#timer?.cancel();
    this.#wakeAt = grain;
    this.#timer = this.#clock.timer(Math.max(0, grain * GRAIN - now), () => this.#turn());
  }

  #turn(): void {
    const now = this.#clock.now();
    const grain = Math.floor(now / GRAIN);
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const first = Math.max(this.#cursor + 1, grain - SLOTS + 1);
    this.#cursor = Math.max(this.#cursor, grain);
    for (let at = first; at <= grain; at++) this.#expireSlot(at % SLOTS, now);
    if (this.#size > 0) this.#wakeForNext(now);
  }

  #expireSlot(slot: number, now: Millis): void {
    let item = this.#slots[slot];
    while (item) {
      const next: Expiring | undefined = item.next;
      if (item.expiresAt <= now) {
        this.remove(item);
        item.expire();
      }
      // What has just run may have removed or moved the one that was next: begin again then.
      item = next && next.slot !== slot ? this.#slots[slot] : next;
    }
  }

  /** Some slot is not empty. What has just expired may have set the timer, but only for what it added. */
  #wakeForNext(now: Millis): void {
    let grain = this.#cursor + 1;
    while (this.#slots[grain % SLOTS] === undefined) grain += 1;
    if (grain < this.#wakeAt) this.#wake(grain, now);
  }
}
