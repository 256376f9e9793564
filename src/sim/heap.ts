import type { Millis, Timer } from "../base/ports.ts";

/** Cancelled events are swept out when they are more than this and more than half of all. */
const SWEEP_ABOVE = 1_024;

/** Something that will happen at a virtual moment, unless it is cancelled before. */
export class VirtualEvent implements Timer {
  readonly time: Millis;
  readonly sequence: number;
  readonly #heap: EventHeap;
  #action: (() => void) | undefined;

  constructor(heap: EventHeap, time: Millis, sequence: number, action: () => void) {
    this.#heap = heap;
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
    this.#heap.cancelled();
  }

  /** Does what it is for, once. Only for the clock, after it was taken off the heap. */
  fire(): void {
    const action = this.#action;
    this.#action = undefined;
    action?.();
  }
}

/** Events by (time, sequence): a binary heap in which cancelled events stay until they surface or are swept. */
export class EventHeap {
  #events: VirtualEvent[] = [];
  #sequence = 0;
  #cancelled = 0;

  /** Events that are not cancelled. */
  get size(): number {
    return this.#events.length - this.#cancelled;
  }

  /** Number of the event that was added last. */
  get lastSequence(): number {
    return this.#sequence;
  }

  push(time: Millis, action: () => void): VirtualEvent {
    this.#sequence += 1;
    const event = new VirtualEvent(this, time, this.#sequence, action);
    this.#events.push(event);
    this.#rise(this.#events.length - 1);
    return event;
  }

  /** The first event that is not cancelled; it stays on the heap. */
  peek(): VirtualEvent | undefined {
    while (this.#events[0]?.cancelled === true) {
      this.#cancelled -= 1;
      this.#remove();
    }
    return this.#events[0];
  }

  /** Takes off what `peek` showed. */
  pop(): void {
    this.#remove();
  }

  /** An event on the heap was cancelled. */
  cancelled(): void {
    this.#cancelled += 1;
    if (this.#cancelled > SWEEP_ABOVE && this.#cancelled * 2 > this.#events.length) this.#sweep();
  }

  #sweep(): void {
    this.#events = this.#events.filter((event) => !event.cancelled);
    this.#cancelled = 0;
    for (let at = (this.#events.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  #remove(): void {
    const last = this.#events.pop();
    if (last === undefined || this.#events.length === 0) return;
    this.#events[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    const events = this.#events;
    const event = events[from] as VirtualEvent;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = events[above] as VirtualEvent;
      if (!before(event, parent)) break;
      events[at] = parent;
      at = above;
    }
    events[at] = event;
  }

  #sink(from: number): void {
    const events = this.#events;
    const event = events[from] as VirtualEvent;
    let at = from;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= events.length) break;
      const right = below + 1;
      if (
        right < events.length &&
        before(events[right] as VirtualEvent, events[below] as VirtualEvent)
      ) {
        below = right;
      }
      const child = events[below] as VirtualEvent;
      if (!before(child, event)) break;
      events[at] = child;
      at = below;
    }
    events[at] = event;
  }
}

function before(a: VirtualEvent, b: VirtualEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}
