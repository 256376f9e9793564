import type { Millis, Timer } from "../base/ports.ts";
import { Heap } from "./heap.ts";

/** Events this far apart or farther are not put into order before their time comes near. */
const SLOT: Millis = 16;

/** Cancelled events are swept out when they are more than this and more than half of all. */
const SWEEP_ABOVE = 4_096;

/** Something that will happen at a virtual moment, unless it is cancelled before. */
export class VirtualEvent implements Timer {
  readonly time: Millis;
  readonly sequence: number;
  readonly #queue: EventQueue;
  #action: (() => void) | undefined;

  constructor(queue: EventQueue, time: Millis, sequence: number, action: () => void) {
    this.#queue = queue;
    this.time = time;
    this.sequence = sequence;
    this.#action = action;
  }

  get cancelled(): boolean {
    return this.#action === undefined;
  }

  cancel(): void {
    if (this.#action === undefined) return;
    this.#action = undefined;
    this.#queue.cancelled();
  }

  /** Does what it is for, once. Only for the clock, after it was taken off the queue. */
  fire(): void {
    const action = this.#action;
    this.#action = undefined;
    action?.();
  }
}

/**
 * Events by (time, sequence). Those of the present slot of time and before are in a heap; the others wait in the
 * slots to come, unordered: most of them are deadlines, and cancelled before anybody has to put them into order
 * (Varghese and Lauck, Hashed and Hierarchical Timing Wheels, 1987).
 */
export class EventQueue {
  readonly #near = new Heap<VirtualEvent>(before);
  readonly #later = new Map<number, VirtualEvent[]>();
  /** Numbers of the slots in `#later`. */
  readonly #slots = new Heap<number>((a, b) => a < b);
  #slot = 0;
  #sequence = 0;
  #count = 0;
  #cancelled = 0;

  /** Events that are not cancelled. */
  get size(): number {
    return this.#count - this.#cancelled;
  }

  /** Number of the event that was added last. */
  get lastSequence(): number {
    return this.#sequence;
  }

  push(time: Millis, action: () => void): VirtualEvent {
    this.#sequence += 1;
    this.#count += 1;
    const event = new VirtualEvent(this, time, this.#sequence, action);
    const slot = Math.floor(time / SLOT);
    if (slot <= this.#slot) this.#near.push(event);
    else {
      const there = this.#later.get(slot);
      if (there !== undefined) there.push(event);
      else {
        this.#later.set(slot, [event]);
        this.#slots.push(slot);
      }
    }
    return event;
  }

  /** The first event that is not cancelled; it stays in the queue. */
  peek(): VirtualEvent | undefined {
    for (;;) {
      const first = this.#near.peek();
      if (first === undefined) {
        if (!this.#nextSlot()) return undefined;
      } else if (first.cancelled) {
        this.#cancelled -= 1;
        this.pop();
      } else return first;
    }
  }

  /** Takes off what `peek` showed. */
  pop(): void {
    this.#near.pop();
    this.#count -= 1;
  }

  /** An event in the queue was cancelled. */
  cancelled(): void {
    this.#cancelled += 1;
    if (this.#cancelled > SWEEP_ABOVE && this.#cancelled * 2 > this.#count) this.#sweep();
  }

  #nextSlot(): boolean {
    const slot = this.#slots.peek();
    if (slot === undefined) return false;
    this.#slots.pop();
    this.#slot = slot;
    for (const event of this.#later.get(slot) ?? []) {
      if (event.cancelled) this.#forgetCancelled();
      else this.#near.push(event);
    }
    this.#later.delete(slot);
    return true;
  }

  #forgetCancelled(): void {
    this.#cancelled -= 1;
    this.#count -= 1;
  }

  #sweep(): void {
    for (const [slot, events] of this.#later) {
      const left = events.filter((event) => !event.cancelled);
      for (let gone = events.length - left.length; gone > 0; gone--) this.#forgetCancelled();
      this.#later.set(slot, left);
    }
  }
}

function before(a: VirtualEvent, b: VirtualEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}
