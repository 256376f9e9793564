import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import type { Millis } from "../base/ports.ts";
import { readUint32, writeUint32 } from "../wire/frame.ts";

/** Bytes of frames that are kept for one link; the oldest ones go, and are their senders' to send again. */
export const CUSTODY_MAX: number = 256 << 10;

const FIRST_BYTES = 4_096;

/** In front of each kept frame: its length, and when it was sent. */
const ENTRY_BYTES = 8;

/** Word may take so many times as long as usual, and at least twice as long as a peer may wait before it tells. */
const ROUND_TRIPS = 3;
export const CUSTODY_TIMEOUT_LEAST: Millis = 200;

/** While nothing was measured. */
const TIMEOUT_FIRST: Millis = 350;

/** Weight of a new measurement in the smoothed round trip (RFC 6298, 2.3). */
const WEIGHT = 1 / 8;

const NOTHING: Bytes = new Uint8Array(0);

/**
 * The frames one link was given whose receipt its peer has not yet told: they are kept, so that they can go another
 * way where it never does. The peer tells how many it has taken since the link began, so one number stands for any
 * number of frames. Pure: every method is told the time.
 */
export class Custody {
  #ring: Bytes = NOTHING;
  #head = 0;
  #tail = 0;
  /** Frames kept now, those of length zero included. */
  #count = 0;
  #sent = 0;
  #taken = 0;
  #roundTrip: Millis | undefined;
  /** The peer has left frames untold for too long; it has not told of any since. */
  isSuspect = false;

  /** Frames that wait for word. */
  get size(): number {
    return this.#count;
  }

  /** Bytes of memory in use. */
  get memory(): number {
    return this.#ring.length;
  }

  /** How long the peer may take to tell that it has taken a frame. */
  get timeout(): Millis {
    if (this.#roundTrip === undefined) return TIMEOUT_FIRST;
    return Math.max(CUSTODY_TIMEOUT_LEAST, this.#roundTrip * ROUND_TRIPS);
  }

  /** The link was given the frame `bytes[start, end)`. One of length zero is counted and not worth keeping. */
  sent(bytes: Bytes, start: number, end: number, now: Millis): void {
    const length = end - start;
    this.#makeRoom(ENTRY_BYTES + length);
    const at = this.#tail;
    writeUint32(this.#ring, at, length);
    writeUint32(this.#ring, at + 4, Math.floor(now));
    if (length > 0) this.#ring.set(bytes.subarray(start, end), at + ENTRY_BYTES);
    this.#tail = at + ENTRY_BYTES + length;
    this.#count += 1;
    this.#sent += 1;
  }

  /**
   * The peer has taken `total` frames since the link began. Throws `bad_frame` where it was not sent so many.
   */
  taken(total: number, now: Millis): void {
    if (total > this.#sent) {
      throw new MeshError("bad_frame", `${total} frames were taken and ${this.#sent} sent`);
    }
    if (total <= this.#taken) return;
    this.#taken = total;
    this.isSuspect = false;
    let sentAt: number | undefined;
    while (this.#count > 0 && this.#sent - this.#count < total) {
      sentAt = readUint32(this.#ring, this.#head + 4);
      this.#drop();
    }
    if (sentAt !== undefined) this.#measured(elapsed(sentAt, now));
  }

  /** True where the oldest frame has waited for longer than it may. */
  isOverdue(now: Millis): boolean {
    return this.#count > 0 && this.#waited(now) > this.timeout;
  }

  /** When the oldest frame will have waited for longer than it may. Of sense only where one waits. */
  overdueAt(now: Millis): Millis {
    return now + Math.max(0, this.timeout + 1 - this.#waited(now));
  }

  /** Hands out every frame that is kept, the oldest first, and keeps none of them any more. */
  release(take: (bytes: Bytes, start: number, end: number) => void): void {
    const ring = this.#ring;
    let at = this.#head;
    const end = this.#tail;
    this.#forget();
    while (at < end) {
      const start = at + ENTRY_BYTES;
      at = start + readUint32(ring, at);
      if (at > start) take(ring, start, at);
    }
  }

  /** Gives memory back where nothing is kept. */
  trim(): void {
    if (this.#count === 0) this.#forget();
  }

  #waited(now: Millis): Millis {
    return elapsed(readUint32(this.#ring, this.#head + 4), now);
  }

  #forget(): void {
    this.#ring = NOTHING;
    this.#head = 0;
    this.#tail = 0;
    this.#count = 0;
  }

  #drop(): void {
    this.#head += ENTRY_BYTES + readUint32(this.#ring, this.#head);
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#head = 0;
    this.#tail = 0;
  }

  #makeRoom(needed: number): void {
    if (this.#tail + needed <= this.#ring.length) return;
    while (this.#count > 0 && this.#tail - this.#head + needed > CUSTODY_MAX) this.#drop();
    const used = this.#tail - this.#head;
    // At least half is free after a move or a growth, so that neither comes often.
    let size = Math.max(FIRST_BYTES, this.#ring.length);
    while (size < CUSTODY_MAX && size < (used + needed) * 2) size *= 2;
    const ring = size === this.#ring.length ? this.#ring : new Uint8Array(size);
    if (ring === this.#ring) ring.copyWithin(0, this.#head, this.#tail);
    else ring.set(this.#ring.subarray(this.#head, this.#tail));
    this.#ring = ring;
    this.#head = 0;
    this.#tail = used;
  }

  #measured(sample: Millis): void {
    const known = this.#roundTrip;
    this.#roundTrip = known === undefined ? sample : known + (sample - known) * WEIGHT;
  }
}

/** Milliseconds from a moment kept in 32 bits until now, which may be given as a moment before it. */
function elapsed(since: number, now: Millis): Millis {
  return Math.max(0, (Math.floor(now) - since) | 0);
}
