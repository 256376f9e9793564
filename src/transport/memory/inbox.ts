import type { Bytes } from "../../base/bytes.ts";
import type { DataFrame } from "./frames.ts";

/** Bytes per delivery, so that a reader can pause in the midst of much. */
const PIECE: number = 64 << 10;

/** The receiving half of a stream: what has come and was not delivered, in order again. */
export class Inbox {
  readonly #window: number;
  /** Frames that overtook a lost one, by offset; nothing where none did. Bounded by the window. */
  #early: Map<number, DataFrame> | undefined;
  #queue: Bytes[] = [];
  #head = 0;
  #received = 0;
  #consumed = 0;
  #granted: number;
  #size: number | undefined;
  #refusing = false;
  #state: "open" | "ended" | "given_up" = "open";

  constructor(window: number) {
    this.#window = window;
    this.#granted = window;
  }

  /** Everything there will be has been consumed, or the peer gave up. */
  get done(): boolean {
    return this.#state !== "open";
  }

  get refusing(): boolean {
    return this.#refusing;
  }

  /** Takes in a frame. Returns the bytes that count as consumed because nobody wants them. */
  accept(frame: DataFrame): number {
    if (this.#state !== "open") return 0;
    if (frame.offset !== this.#received) {
      this.#early ??= new Map();
      this.#early.set(frame.offset, frame);
      return 0;
    }
    this.#append(frame);
    if (this.#early !== undefined) this.#appendEarly(this.#early);
    return this.#refusing ? this.refuse() : 0;
  }

  /** The peer gave up after `size` bytes. Returns the bytes that count as consumed now. */
  giveUp(size: number): number {
    if (this.#state !== "open") return 0;
    this.#state = "given_up";
    this.#drop();
    const rest = size - this.#consumed;
    this.#consumed = size;
    return rest;
  }

  /** Wants no more. Returns the bytes that count as consumed now. */
  refuse(): number {
    this.#refusing = true;
    this.#drop();
    const rest = this.#received - this.#consumed;
    this.#consumed = this.#received;
    if (this.#size === this.#consumed) this.#state = "ended";
    return rest;
  }

  /** The next piece to deliver, at most 64 KiB, or nothing. It counts as consumed. */
  take(): Bytes | undefined {
    const chunk = this.#queue[this.#head];
    if (chunk === undefined) return undefined;
    const piece = chunk.length <= PIECE ? chunk : chunk.subarray(0, PIECE);
    this.#consumed += piece.length;
    if (piece === chunk) this.#advance();
    else this.#queue[this.#head] = chunk.subarray(PIECE);
    return piece;
  }

  /** True once, when all was taken and the peer's end has come. */
  ended(): boolean {
    if (this.#state !== "open" || this.#size !== this.#consumed) return false;
    this.#state = "ended";
    return true;
  }

  /** Half of the window was consumed since the last grant, and the peer may have more to send. */
  get creditDue(): boolean {
    if (this.#state !== "open" || this.#size !== undefined) return false;
    return this.#consumed + this.#window - this.#granted >= this.#window / 2;
  }

  /** The new limit to grant the peer, where one is due. */
  credit(): number | undefined {
    if (!this.creditDue) return undefined;
    this.#granted = this.#consumed + this.#window;
    return this.#granted;
  }

  #append({ bytes, end }: DataFrame): void {
    this.#received += bytes.length;
    if (bytes.length > 0) this.#queue.push(bytes);
    if (end) this.#size = this.#received;
  }

  #appendEarly(early: Map<number, DataFrame>): void {
    for (let next = early.get(this.#received); next; next = early.get(this.#received)) {
      early.delete(next.offset);
      this.#append(next);
    }
    if (early.size === 0) this.#early = undefined;
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head < this.#queue.length) return;
    this.#queue.length = 0;
    this.#head = 0;
  }

  #drop(): void {
    this.#queue = [];
    this.#head = 0;
  }
}
