import type { Clock, Millis, Timer } from "../base/ports.ts";
import { EventQueue, type VirtualEvent } from "./event-queue.ts";

/** Unix time at which every world begins: 2026-01-01T00:00:00Z. */
const EPOCH: Millis = 1_767_225_600_000;

/** Instants run per turn of the event loop; promises settle after each of them all the same. */
const INSTANTS_PER_TURN = 64;

/** Where a run has to stop. */
export interface RunLimits {
  /** Virtual time not to be passed. */
  readonly until: Millis;
  /** Events not to be passed. A world that needs more is taken for a livelock. */
  readonly eventsMax: number;
  /** Asked between instants, when all promises have settled. */
  readonly done: () => boolean;
}

/** Why a run stopped: `done`, nothing is left to happen, `until` was reached, or `eventsMax`. */
export type RunOutcome = "done" | "stalled" | "until" | "exhausted";

/**
 * Virtual time. Nothing moves but inside `run`, and there time jumps from one instant at which something
 * happens to the next. Events of one instant happen in the order in which they were asked for.
 */
export class VirtualClock implements Clock {
  readonly #queue = new EventQueue();
  #now: Millis = 0;
  #events = 0;
  #running = false;

  now(): Millis {
    return this.#now;
  }

  wall(): Millis {
    return EPOCH + this.#now;
  }

  /** A delay below zero counts as zero. Throws a `RangeError` on one that is not a number. */
  timer(delay: Millis, action: () => void): Timer {
    if (Number.isNaN(delay)) throw new RangeError("a timer needs a delay");
    return this.#queue.push(this.#now + Math.max(0, delay), action);
  }

  /** Events that have happened so far. */
  get events(): number {
    return this.#events;
  }

  /** Events that are still to come. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Lets `duration` pass. Resolves when time stands at its end and promises have settled. */
  async advance(duration: Millis): Promise<void> {
    const until = this.#now + duration;
    await this.run({ until, eventsMax: Number.POSITIVE_INFINITY, done: () => false });
    this.#now = until;
  }

  /**
   * Runs instant after instant until one of `limits` is met. Between two instants every promise that can
   * settle does. Rejects with whatever an event throws. One run at a time.
   */
  run(limits: RunLimits): Promise<RunOutcome> {
    if (this.#running) return Promise.reject(new Error("this clock is running already"));
    this.#running = true;
    const lastEvent = this.#events + limits.eventsMax;
    return new Promise<RunOutcome>((resolve, reject) => {
      drive(() => this.#step(limits, lastEvent), resolve, reject);
    }).finally(() => {
      this.#running = false;
    });
  }

  /** One instant; an outcome where the run is over. */
  #step(limits: RunLimits, lastEvent: number): RunOutcome | undefined {
    if (limits.done()) return "done";
    if (this.#events >= lastEvent) return "exhausted";
    const first = this.#queue.peek();
    if (first === undefined) return "stalled";
    if (first.time > limits.until) return "until";
    this.#now = first.time;
    // What an event adds to this very instant waits for the next step, after promises have settled.
    const lastOfInstant = this.#queue.lastSequence;
    let event: VirtualEvent | undefined = first;
    while (event !== undefined && event.time === this.#now && event.sequence <= lastOfInstant) {
      this.#queue.pop();
      this.#events += 1;
      event.fire();
      event = this.#queue.peek();
    }
    return undefined;
  }
}

/*
 * Node empties the queue of promise jobs after each immediate, so one turn of its event loop can take many
 * steps with settled promises between them. That is several times cheaper than a turn per step.
 */
function drive(
  step: () => RunOutcome | undefined,
  resolve: (outcome: RunOutcome) => void,
  reject: (cause: unknown) => void,
): void {
  let ended = false;
  let waiting = 0;
  let batch = 1;
  const turn = (): void => {
    waiting -= 1;
    if (ended) return;
    try {
      const outcome = step();
      if (outcome !== undefined) {
        ended = true;
        resolve(outcome);
        return;
      }
    } catch (cause) {
      ended = true;
      reject(cause);
      return;
    }
    if (waiting === 0) queue();
  };
  const queue = (): void => {
    waiting = batch;
    batch = Math.min(batch * 2, INSTANTS_PER_TURN);
    for (let count = waiting; count > 0; count--) setImmediate(turn);
  };
  queue();
}
