import type { Bytes } from "../../base/bytes.ts";
import { MeshError } from "../../base/errors.ts";
import type { StagingPool } from "../staging.ts";
import type { Stream, StreamHandler } from "../transport.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { FRAME } from "./frames.ts";
import { Incoming } from "./incoming.ts";
import { Outgoing } from "./outgoing.ts";

/** Held bytes beyond which `write` asks for patience, and below which `onDrain` ends it. */
const HIGH_WATER = 256 << 10;
const LOW_WATER = 64 << 10;
/**
 * Held bytes that leave without waiting for the end of the turn, so that their reader is at work meanwhile: a quarter of a record
 * of TLS, which is a batch of small calls. Of less the cost of each write to a socket eats the gain.
 */
const EAGER_BYTES = 4 << 10;

/** What a stream needs of its connection. */
export interface MuxStreamHost {
  /** False when the connection is over: nothing is told or sent any more. */
  readonly live: boolean;
  readonly pool: StagingPool;
  /** Has `collect` called before the turn is over. */
  touch(stream: MuxStream): void;
  /** Has `release` called in the next turn. */
  wake(stream: MuxStream): void;
  /** Sends what may leave now. */
  flush(): void;
  /** `length` bytes of the connection's window are free again. */
  consumed(length: number): void;
  /** Both sides of the stream are done. */
  forget(stream: MuxStream): void;
}

/** A stream of a multiplexed connection. Methods beyond `Stream` are for the connection. */
export class MuxStream implements Stream {
  readonly id: number;
  /** In line for `collect`, or for `release`. Kept by the connection. */
  queued = false;
  woken = false;
  readonly #host: MuxStreamHost;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  #handler: StreamHandler | undefined;
  #paused = false;
  #owesDrain = false;
  #priority = 0;
  /** Code of our stop that is still to be sent. */
  #stopWanted: number | undefined;
  /** Code of the peer's stop that is still to be told. */
  #stoppedBy: number | undefined;

  constructor(host: MuxStreamHost, id: number, ownWindow: number, peerWindow: number) {
    this.#host = host;
    this.id = id;
    this.#incoming = new Incoming(ownWindow, host.pool);
    this.#outgoing = new Outgoing(id, peerWindow, host.pool);
  }

  get buffered(): number {
    return this.#outgoing.staged;
  }

  get priority(): number {
    return this.#priority;
  }

  setHandler(handler: StreamHandler): void {
    if (this.#handler !== undefined) throw new MeshError("internal", "a stream has one handler");
    this.#handler = handler;
    this.#host.wake(this);
  }

  write(bytes: Bytes, start = 0, end: number = bytes.length): boolean {
    const outgoing = this.#outgoing;
    if (end <= start || outgoing.closed || !this.#host.live) return true;
    outgoing.append(bytes, start, end);
    this.#host.touch(this);
    if (outgoing.staged >= EAGER_BYTES && outgoing.sendable) this.#host.flush();
    if (outgoing.staged <= HIGH_WATER) return true;
    this.#owesDrain = true;
    return false;
  }

  end(): void {
    if (this.#outgoing.closed || !this.#host.live) return;
    this.#outgoing.end();
    this.#host.touch(this);
  }

  reset(code: number): void {
    if (this.#host.live && this.#outgoing.reset(code)) this.#host.touch(this);
  }

  stop(code: number): void {
    if (this.#incoming.done || this.#incoming.refusing || !this.#host.live) return;
    this.#host.consumed(this.#incoming.refuse());
    if (!this.#incoming.ended) this.#stopWanted = code;
    this.#host.touch(this);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#host.wake(this);
  }

  setPriority(priority: number): void {
    this.#priority = Math.trunc(priority);
  }

  /** There is something to send, as far as the stream is concerned. */
  get sendable(): boolean {
    return this.#stopWanted !== undefined || this.#incoming.creditDue || this.#outgoing.sendable;
  }

  /** Writes what may leave now, of data at most one frame and `allowance` bytes. Returns the bytes of data. */
  collect(out: ChunkWriter, allowance: number): number {
    if (this.#stopWanted !== undefined) {
      out.code(FRAME.stop, this.id, this.#stopWanted);
      this.#stopWanted = undefined;
    }
    const limit = this.#incoming.credit();
    if (limit !== undefined) out.limit(FRAME.streamCredit, this.id, limit);
    const length = this.#outgoing.done ? 0 : this.#outgoing.collect(out, allowance);
    if (this.#drainDue) this.#host.wake(this);
    this.#forgetIfDone();
    return length;
  }

  get #drainDue(): boolean {
    return this.#owesDrain && this.#outgoing.staged <= LOW_WATER;
  }

  get #flowing(): boolean {
    return this.#handler !== undefined && !this.#paused && this.#incoming.held === 0;
  }

  /** Tells what was held while nobody listened, and that there is room again. */
  release(): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    this.#releaseData(handler);
    if (this.#host.live) this.#tellEnd(handler);
    const stoppedBy = this.#stoppedBy;
    this.#stoppedBy = undefined;
    if (stoppedBy !== undefined && this.#host.live) handler.onStop(stoppedBy);
    if (!this.#host.live || !this.#drainDue) return;
    this.#owesDrain = false;
    if (!this.#outgoing.closed) handler.onDrain();
  }

  #releaseData(handler: StreamHandler): void {
    // The handler may pause the stream or end the connection with each of these.
    while (!this.#paused && this.#host.live) {
      const piece = this.#incoming.take();
      if (piece === undefined) return;
      this.#consume(piece.length);
      handler.onData(piece, 0, piece.length);
    }
  }

  /** A reset is told though the stream is paused: what it waits for will not become whole. */
  #tellEnd(handler: StreamHandler): void {
    const resetBy = this.#incoming.resetDue;
    if (resetBy !== undefined) {
      this.#incoming.tell();
      handler.onReset(resetBy);
    } else if (this.#incoming.endDue && !this.#paused) {
      this.#incoming.tell();
      handler.onEnd();
    }
    this.#forgetIfDone();
  }

  #consume(length: number): void {
    this.#incoming.consume(length);
    this.#host.consumed(length);
    if (this.#incoming.creditDue) this.#host.touch(this);
  }

  /** The peer has sent all it wanted, or given up. */
  get ended(): boolean {
    return this.#incoming.ended;
  }

  /** Data arrived in `bytes[start, end)`. False where that is more than was granted. */
  receive(bytes: Bytes, start: number, end: number): boolean {
    const incoming = this.#incoming;
    if (!incoming.receive(end - start)) return false;
    if (incoming.refusing) this.#consume(end - start);
    else if (this.#flowing) {
      this.#consume(end - start);
      this.#handler?.onData(bytes, start, end);
    } else incoming.hold(bytes, start, end);
    return true;
  }

  /** The peer sent all it wanted. False where it had ended before. */
  receiveEnd(): boolean {
    if (this.#incoming.ended) return false;
    this.#incoming.finish();
    this.#finishIncoming();
    return true;
  }

  /** The peer gave up. False where it had ended before. */
  receiveReset(code: number): boolean {
    if (this.#incoming.ended) return false;
    this.#host.consumed(this.#incoming.giveUp(code));
    this.#finishIncoming();
    return true;
  }

  #finishIncoming(): void {
    this.#stopWanted = undefined;
    if (this.#handler !== undefined) this.#tellEnd(this.#handler);
    else this.#forgetIfDone();
  }

  /** The peer wants no more: it is told with a reset where the data breaks off. */
  receiveStop(code: number): void {
    if (!this.#outgoing.reset(code)) return;
    this.#host.touch(this);
    if (this.#handler === undefined) this.#stoppedBy = code;
    else this.#handler.onStop(code);
  }

  /** The peer takes bytes up to `limit` now. */
  receiveCredit(limit: number): void {
    this.#outgoing.grant(limit);
    if (this.#outgoing.sendable) this.#host.touch(this);
  }

  /** The connection is over. */
  abandon(): void {
    this.#outgoing.abandon();
    this.#incoming.abandon();
  }

  #forgetIfDone(): void {
    if (this.#incoming.done && this.#outgoing.done) this.#host.forget(this);
  }
}
