import { type Deadlines, Expiring } from "../base/deadlines.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, sameId, shortId } from "../base/id.ts";
import type { Millis, Random } from "../base/ports.ts";

/** Requests that may wait for their answer at once; one more is refused with `overloaded`. */
const PENDING_MAX = 16_384;

/** Numbers start below this, by chance, and stay exact. */
const NUMBER_START: number = 2 ** 32;

/** A request under way: the number to send with it, and its answer. */
export interface Pending<T> {
  readonly number: number;
  readonly answer: Promise<T>;
  /** Ends it early with a failure. */
  fail(error: MeshError): void;
}

/** Requests and their answers: numbers, deadlines and whose answer counts. */
export class Exchange<T> {
  readonly #deadlines: Deadlines;
  readonly #waiting = new Map<number, Waiting<T>>();
  #next: number;

  constructor(deadlines: Deadlines, random: Random) {
    this.#deadlines = deadlines;
    this.#next = random.below(NUMBER_START);
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Begins to wait for an answer of `peer`. It rejects with `timeout` when the time is over.
   *
   * @throws {MeshError} `overloaded` where 16,384 wait already.
   */
  begin(peer: NodeId, timeout: Millis): Pending<T> {
    if (this.#waiting.size >= PENDING_MAX) {
      throw new MeshError("overloaded", `${PENDING_MAX} requests wait for their answers already`);
    }
    const number = this.#next++;
    const waiting = new Waiting<T>(peer, () => this.#waiting.delete(number));
    this.#waiting.set(number, waiting);
    this.#deadlines.add(waiting, timeout);
    return {
      number,
      answer: waiting.answer,
      fail: (error) => this.#settle(number, (it) => it.reject(error)),
    };
  }

  /** An answer came. False where nobody waits for it, or not from that node. */
  settle(number: number, from: NodeId, answer: T): boolean {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined || !sameId(waiting.peer, from)) return false;
    this.#settle(number, (it) => it.resolve(answer));
    return true;
  }

  /** Ends all of them. */
  close(error: MeshError): void {
    for (const number of [...this.#waiting.keys()]) this.#settle(number, (it) => it.reject(error));
  }

  #settle(number: number, how: (waiting: Waiting<T>) => void): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    this.#deadlines.remove(waiting);
    how(waiting);
  }
}

class Waiting<T> extends Expiring {
  readonly peer: NodeId;
  readonly answer: Promise<T>;
  readonly #forget: () => void;
  resolve!: (answer: T) => void;
  reject!: (error: MeshError) => void;

  constructor(peer: NodeId, forget: () => void) {
    super();
    this.peer = peer;
    this.#forget = forget;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  override expire(): void {
    this.#forget();
    this.reject(new MeshError("timeout", `node ${shortId(this.peer)} did not answer in time`));
  }
}
