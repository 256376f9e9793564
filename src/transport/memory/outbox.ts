import type { Bytes } from "../../base/bytes.ts";
import type { Frame } from "./frames.ts";
import { joined, type Slab } from "./slab.ts";

/** Bytes waiting to be sent above which a writer should pause. */
export const HIGH_WATER: number = 256 << 10;

/** The sending half of a stream: what was written and has not left, and how sending ends. */
export class Outbox {
  readonly #stream: number;
  readonly #slab: Slab;
  #chunks: Bytes[] = [];
  #staged = 0;
  #sent = 0;
  #limit: number;
  #ending: "no" | "wanted" | "said" = "no";
  #resetCode: number | undefined;
  #fullSaid = false;

  /** `limit`: bytes the peer takes before it grants more. */
  constructor(stream: number, limit: number, slab: Slab) {
    this.#stream = stream;
    this.#slab = slab;
    this.#limit = limit;
  }

  /** Bytes written and not sent. */
  get staged(): number {
    return this.#staged;
  }

  /** The end or the reset has been sent: nothing will follow. */
  get done(): boolean {
    return this.#ending === "said";
  }

  /** Takes a copy. False where the writer should wait for `drained`. Nothing happens after an end. */
  write(bytes: Bytes, start: number, end: number): boolean {
    if (this.#ending !== "no" || end <= start) return true;
    const copy = this.#slab.copy(bytes, start, end);
    const last = this.#chunks.at(-1);
    const longer = last && joined(last, copy);
    if (longer === undefined) this.#chunks.push(copy);
    else this.#chunks[this.#chunks.length - 1] = longer;
    this.#staged += end - start;
    if (this.#staged <= HIGH_WATER) return true;
    this.#fullSaid = true;
    return false;
  }

  /** Marks the end after what was written. False where an end was marked before. */
  end(): boolean {
    if (this.#ending !== "no") return false;
    this.#ending = "wanted";
    return true;
  }

  /** Drops what has not left. False where the end was sent before. */
  reset(code: number): boolean {
    if (this.#ending === "said" || this.#resetCode !== undefined) return false;
    this.#ending = "wanted";
    this.#resetCode = code;
    this.#chunks = [];
    this.#staged = 0;
    return true;
  }

  /** The peer takes bytes up to `limit` now. */
  grant(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }

  /** A write was refused, and there is room again. */
  get drainDue(): boolean {
    return this.#fullSaid && this.#staged <= HIGH_WATER && this.#ending === "no";
  }

  /** `drainDue`, once. */
  drained(): boolean {
    const due = this.drainDue;
    if (due) this.#fullSaid = false;
    return due;
  }

  /** Adds what may leave now to `frames`, at most `allowance` bytes. Returns the bytes taken. */
  collect(frames: Frame[], allowance: number): number {
    if (this.#ending === "said") return 0;
    if (this.#resetCode !== undefined) {
      this.#ending = "said";
      frames.push({ kind: "reset", stream: this.#stream, code: this.#resetCode, size: this.#sent });
      return 0;
    }
    const size = Math.min(this.#staged, this.#limit - this.#sent, allowance);
    const ends = this.#ending === "wanted" && size === this.#staged;
    if (size === 0 && !ends) return 0;
    const bytes = this.#take(size);
    frames.push({ kind: "data", stream: this.#stream, offset: this.#sent, bytes, end: ends });
    this.#sent += size;
    if (ends) this.#ending = "said";
    return size;
  }

  #take(size: number): Bytes {
    const whole = this.#joined();
    this.#staged -= size;
    if (size === whole.length) {
      this.#chunks = [];
      return whole;
    }
    this.#chunks = [whole.subarray(size)];
    return whole.subarray(0, size);
  }

  #joined(): Bytes {
    if (this.#chunks.length === 1) return this.#chunks[0] as Bytes;
    const whole = new Uint8Array(this.#staged);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}
