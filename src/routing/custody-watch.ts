import type { Clock, Millis, Timer } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { LinkTable } from "../peer/link-table.ts";

/** How often links with untold frames are looked at. */
const LOOK_EVERY: Millis = 50;

/** Takes a frame that may not have reached the peer of `link`. The bytes are good until it returns, and may be changed. */
export type LostFrame = (link: Link, bytes: Uint8Array, start: number, end: number) => void;

/** Sees which links leave their frames untold, and hands those frames on: one timer for all, and none while all is told. */
export class CustodyWatch {
  readonly #clock: Clock;
  readonly #table: LinkTable;
  readonly #lost: LostFrame;
  #timer: Timer | undefined;
  #lookedAt: Millis = 0;
  #closed = false;

  constructor(clock: Clock, table: LinkTable, lost: LostFrame) {
    this.#clock = clock;
    this.#table = table;
    this.#lost = lost;
  }

  /** A frame was sent that is to be told of. */
  began(): void {
    if (this.#timer === undefined && !this.#closed) this.#schedule();
  }

  /** The link has ended: nothing more will be told of. */
  linkLost(link: Link): void {
    if (!this.#closed) this.#release(link);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    this.#lookedAt = this.#clock.now();
    this.#timer = this.#clock.timer(LOOK_EVERY, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    // Who was not running has not heard what was told meanwhile: it is read before the next look.
    const stalled = now - this.#lookedAt > LOOK_EVERY * 2;
    let waiting = false;
    for (const link of [...this.#table]) {
      if (!stalled && link.custody.isOverdue(now)) this.#suspect(link);
      else if (link.custody.size === 0) link.custody.trim();
      if (link.custody.size > 0) waiting = true;
    }
    this.#timer = undefined;
    if (waiting) this.#schedule();
  }

  #suspect(link: Link): void {
    link.custody.isSuspect = true;
    this.#release(link);
  }

  #release(link: Link): void {
    link.custody.release((bytes, start, end) => this.#lost(link, bytes, start, end));
  }
}
