import type { Bytes } from "../../base/bytes.ts";
import { MeshError } from "../../base/errors.ts";
import type { Stream, StreamHandler } from "../transport.ts";
import type { DataFrame, Frame, ResetFrame } from "./frames.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import type { Slab } from "./slab.ts";

/** What a stream asks of its connection. */
export interface StreamHost {
  /** False when the connection has ended: nothing is told any more. */
  readonly live: boolean;
  /** Where copies of what is written are kept. */
  readonly slab: Slab;
  /** Has `stream.pump` and `stream.collect` called soon, within this instant. */
  touch(stream: MemoryStream): void;
  /** `size` bytes of the connection's window are free again. */
  consumed(size: number): void;
}

/** A stream of the memory driver. Methods beyond `Stream` are for its connection. */
export class MemoryStream implements Stream {
  readonly id: number;
  readonly #host: StreamHost;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #handler: StreamHandler | undefined;
  #paused = false;
  #touched = false;
  #priority = 0;
  /** Code of the peer's reset or stop that is still to be told. */
  #resetBy: number | undefined;
  #stoppedBy: number | undefined;
  /** Code of our stop that is still to be sent. */
  #stopWanted: number | undefined;

  constructor(host: StreamHost, id: number, ownWindow: number, peerWindow: number) {
    this.#host = host;
    this.id = id;
    this.#inbox = new Inbox(ownWindow);
    this.#outbox = new Outbox(id, peerWindow, host.slab);
  }

  get buffered(): number {
    return this.#outbox.staged;
  }

  get priority(): number {
    return this.#priority;
  }

  /** Neither side has anything more to say, and all of it was told. */
  get finished(): boolean {
    const told = this.#resetBy === undefined && this.#stoppedBy === undefined;
    return told && this.#inbox.done && this.#outbox.done;
  }

  /** The peer should be granted more: `collect` will. */
  get creditDue(): boolean {
    return this.#inbox.creditDue;
  }

  setHandler(handler: StreamHandler): void {
    if (this.#handler !== undefined) throw new MeshError("internal", "a stream has one handler");
    this.#handler = handler;
    this.#touch();
  }

  write(bytes: Bytes, start = 0, end: number = bytes.length): boolean {
    const room = this.#outbox.write(bytes, start, end);
    this.#touch();
    return room;
  }

  end(): void {
    if (this.#outbox.end()) this.#touch();
  }

  reset(code: number): void {
    if (this.#outbox.reset(code)) this.#touch();
  }

  stop(code: number): void {
    if (this.#inbox.refusing || this.#inbox.done) return;
    this.#stopWanted = code;
    this.#host.consumed(this.#inbox.refuse());
    this.#touch();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#touch();
  }

  setPriority(priority: number): void {
    this.#priority = priority;
  }

  acceptData(frame: DataFrame): void {
    const unwanted = this.#inbox.accept(frame);
    if (unwanted > 0) this.#host.consumed(unwanted);
  }

  acceptReset(frame: ResetFrame): void {
    if (this.#inbox.done) return;
    if (!this.#inbox.refusing) this.#resetBy = frame.code;
    this.#host.consumed(this.#inbox.giveUp(frame.size));
  }

  acceptStop(code: number): void {
    // A stop is answered with a reset (RFC 9000, 3.5), so that the peer knows the final size.
    if (!this.#outbox.reset(code)) return;
    this.#stoppedBy = code;
    this.#touch();
  }

  acceptCredit(limit: number): void {
    this.#outbox.grant(limit);
    this.#touch();
  }

  /** Tells the handler all there is to tell, unless it is missing. */
  pump(): void {
    this.#touched = false;
    const handler = this.#handler;
    if (handler === undefined) return;
    this.#deliver(handler);
    const stoppedBy = this.#stoppedBy;
    if (stoppedBy !== undefined && this.#host.live) {
      this.#stoppedBy = undefined;
      handler.onStop(stoppedBy);
    }
    if (this.#host.live && this.#outbox.drained()) handler.onDrain();
  }

  /** Adds what is to be sent to `frames`, at most `allowance` bytes of data. Returns the bytes taken. */
  collect(frames: Frame[], allowance: number): number {
    if (this.#stopWanted !== undefined) {
      frames.push({ kind: "stop", stream: this.id, code: this.#stopWanted });
      this.#stopWanted = undefined;
    }
    const limit = this.#inbox.credit();
    if (limit !== undefined) frames.push({ kind: "stream_credit", stream: this.id, limit });
    const taken = this.#outbox.collect(frames, allowance);
    if (taken > 0 && this.#outbox.drainDue) this.#touch();
    return taken;
  }

  #deliver(handler: StreamHandler): void {
    const resetBy = this.#resetBy;
    if (resetBy !== undefined) {
      this.#resetBy = undefined;
      handler.onReset(resetBy);
      return;
    }
    while (!this.#paused && this.#host.live) {
      const piece = this.#inbox.take();
      if (piece === undefined) break;
      this.#host.consumed(piece.length);
      handler.onData(piece, 0, piece.length);
    }
    if (!this.#paused && this.#host.live && this.#inbox.ended()) handler.onEnd();
  }

  #touch(): void {
    if (this.#touched) return;
    this.#touched = true;
    this.#host.touch(this);
  }
}
