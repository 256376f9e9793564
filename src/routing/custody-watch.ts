import type { Clock, Millis, Timer } from "../base/ports.ts";
import { CUSTODY_TIMEOUT_LEAST } from "../peer/custody.ts";
import type { Link } from "../peer/link.ts";
import type { LinkTable } from "../peer/link-table.ts";

/** A timer that is so late tells that this node was not running: it has yet to read what it was told meanwhile. */
const STALL: Millis = 100;

/** Between two looks, at least. */
const LOOK_EVERY: Millis = 50;

/** Takes a frame that may not have reached the peer of `link`. The bytes are good until it returns, and may be changed. */
export type LostFrame = (link: Link, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Sees which links leave their frames untold, and hands those frames on. One timer for all, which waits until the oldest
 * frame may be overdue, and none while all is told.
 */
export class CustodyWatch {
  readonly #clock: Clock;
  readonly #table: LinkTable;
  readonly #lost: LostFrame;
  #timer: Timer | undefined;
  /** When the timer is to fire. */
  #timerAt: Millis = 0;
  #closed = false;

  constructor(clock: Clock, table: LinkTable, lost: LostFrame) {
    this.#clock = clock;
    this.#table = table;
    this.#lost = lost;
  }

  /** A frame was sent that is to be told of. */
  began(): void {
    if (this.#timer === undefined) this.#wake(this.#clock.now(), CUSTODY_TIMEOUT_LEAST);
  }

  /** The link has ended: nothing more will be told of. */
  linkLost(link: Link): void {
    if (!this.#closed) this.#release(link);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #wake(now: Millis, delay: Millis): void {
    if (this.#closed) return;
    this.#timerAt = now + delay;
    this.#timer = this.#clock.timer(delay, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const isLate = now - this.#timerAt > STALL;
    const next = isLate ? now + LOOK_EVERY : this.#look(now);
    if (this.#timer === undefined && next !== undefined) {
      this.#wake(now, Math.max(LOOK_EVERY, next - now));
    }
  }

  /** Returns when a frame that waits now may be overdue next; `undefined` where none waits. */
  #look(now: Millis): Millis | undefined {
    let next: Millis | undefined;
    for (const link of [...this.#table]) {
      const { custody } = link;
      if (custody.isOverdue(now)) this.#suspect(link);
      else if (custody.size === 0) custody.trim();
      if (custody.size > 0)
        next = Math.min(next ?? Number.POSITIVE_INFINITY, custody.overdueAt(now));
    }
    return next;
  }

  #suspect(link: Link): void {
    link.custody.isSuspect = true;
    this.#release(link);
  }

  #release(link: Link): void {
    link.custody.release((bytes, start, end) => this.#lost(link, bytes, start, end));
  }
}
