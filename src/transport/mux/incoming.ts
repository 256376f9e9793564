import type { Bytes } from "../../base/bytes.ts";
import { Staging, type StagingPool } from "../staging.ts";
import { ReceiveWindow } from "./receive-window.ts";

/** Bytes per delivery of what was held back, so that a reader can pause in the midst of much. */
const PIECE_BYTES = 64 << 10;

/** The receiving half of a stream: its window, what was held back, and how the peer's sending ended. */
export class Incoming {
  readonly #window: ReceiveWindow;
  /** Bytes that nobody was there to read; bounded by the window. */
  readonly #held: Staging;
  /** How the peer's sending ended, and whether that was told. */
  #end: "none" | "end" | "reset" = "none";
  #told = false;
  #resetCode = 0;
  #refusing = false;

  constructor(window: number, pool: StagingPool) {
    this.#window = new ReceiveWindow(window);
    this.#held = new Staging(pool);
  }

  /** The peer's end or reset has come: it may send nothing more. */
  get ended(): boolean {
    return this.#end !== "none";
  }

  /** The peer has ended and everything was told, or is not wanted. */
  get done(): boolean {
    return this.#end !== "none" && (this.#told || this.#refusing);
  }

  get refusing(): boolean {
    return this.#refusing;
  }

  get held(): number {
    return this.#held.length;
  }

  /** `length` bytes have come. False where that is more than was granted. */
  receive(length: number): boolean {
    return this.#window.receive(length);
  }

  hold(bytes: Bytes, start: number, end: number): void {
    this.#held.append(bytes, start, end);
  }

  consume(length: number): void {
    this.#window.consume(length);
  }

  /** The next piece of what was held back, or nothing. */
  take(): Bytes | undefined {
    const { buffer, start } = this.#held;
    if (buffer === undefined) return undefined;
    // The pool may lend the buffer to somebody else while the piece is still looked at.
    const piece = buffer.slice(start, start + Math.min(PIECE_BYTES, this.#held.length));
    this.#held.drop(piece.length);
    return piece;
  }

  finish(): void {
    this.#end = "end";
  }

  /** The peer gave up: what is held will not become whole. Returns the bytes that count as consumed now. */
  giveUp(code: number): number {
    this.#end = "reset";
    this.#resetCode = code;
    return this.#drop();
  }

  /** Wants no more. Returns the bytes that count as consumed now. */
  refuse(): number {
    this.#refusing = true;
    return this.#drop();
  }

  /** The code of a reset that is still to be told. */
  get resetDue(): number | undefined {
    return this.#end === "reset" && !this.done ? this.#resetCode : undefined;
  }

  /** All was taken, and the end is still to be told. */
  get endDue(): boolean {
    return this.#end === "end" && !this.done && this.#held.length === 0;
  }

  /** The end or the reset was told. */
  tell(): void {
    this.#told = true;
  }

  /** The new limit to grant the peer, where one is due. */
  credit(): number | undefined {
    return this.creditDue ? this.#window.grant() : undefined;
  }

  get creditDue(): boolean {
    return this.#end === "none" && !this.#refusing && this.#window.due;
  }

  #drop(): number {
    const length = this.#held.length;
    this.#held.clear();
    this.#window.consume(length);
    return length;
  }

  /** The connection is over. */
  abandon(): void {
    this.#held.clear();
  }
}
