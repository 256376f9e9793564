import type { Bytes } from "../../base/bytes.ts";
import { Staging, type StagingPool } from "../staging.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { DATA_BYTES_MAX, FRAME, HEADER_BYTES } from "./frames.ts";

/** The sending half of a stream: what was written and has not left, and how sending ends. */
export class Outgoing {
  readonly #stream: number;
  readonly #staging: Staging;
  #sent = 0;
  #limit: number;
  #state: "open" | "ending" | "resetting" | "done" = "open";
  #resetCode = 0;

  /** `limit`: bytes that the peer takes before it grants more. */
  constructor(stream: number, limit: number, pool: StagingPool) {
    this.#stream = stream;
    this.#limit = limit;
    this.#staging = new Staging(pool);
  }

  /** Bytes written and not sent. */
  get staged(): number {
    return this.#staging.length;
  }

  /** Nothing more may be written. */
  get closed(): boolean {
    return this.#state !== "open";
  }

  /** The end or the reset has been sent: nothing will follow. */
  get done(): boolean {
    return this.#state === "done";
  }

  /** Something could leave now, if the connection had room for it. */
  get sendable(): boolean {
    if (this.#state === "resetting") return true;
    if (this.#staging.length > 0) return this.#sent < this.#limit;
    return this.#state === "ending";
  }

  append(bytes: Bytes, start: number, end: number): void {
    this.#staging.append(bytes, start, end);
  }

  /** Marks the end after what was written. */
  end(): void {
    if (this.#state === "open") this.#state = "ending";
  }

  /** Drops what has not left. False where the end has left, or there was a reset before. */
  reset(code: number): boolean {
    if (this.#state === "done" || this.#state === "resetting") return false;
    this.#state = "resetting";
    this.#resetCode = code;
    this.#staging.clear();
    return true;
  }

  /** The peer takes bytes up to `limit` now. */
  grant(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }

  /** Writes what may leave now, at most one data frame of `allowance` bytes. Returns the bytes of data. */
  collect(out: ChunkWriter, allowance: number): number {
    if (this.#state === "resetting") {
      out.code(FRAME.reset, this.#stream, this.#resetCode);
      this.#state = "done";
      return 0;
    }
    const length = this.#collectData(out, allowance);
    if (this.#state === "ending" && this.#staging.length === 0) {
      out.bare(FRAME.end, this.#stream);
      this.#state = "done";
    }
    return length;
  }

  #collectData(out: ChunkWriter, allowance: number): number {
    const { buffer, start } = this.#staging;
    if (buffer === undefined) return 0;
    // One header for the data, one for an end behind it.
    const room = Math.min(DATA_BYTES_MAX, out.room - 2 * HEADER_BYTES);
    const credit = Math.min(allowance, this.#limit - this.#sent);
    const length = Math.min(this.#staging.length, credit, room);
    if (length <= 0) return 0;
    out.data(this.#stream, buffer, start, start + length);
    this.#staging.drop(length);
    this.#sent += length;
    return length;
  }

  /** The connection is over. */
  abandon(): void {
    this.#staging.clear();
  }
}
