import type { Bytes } from "../../base/bytes.ts";
import { MeshError } from "../../base/errors.ts";
import { Staging, type StagingPool } from "../staging.ts";
import type { Stream, StreamHandler } from "../transport.ts";
import { type Core, STREAM_CLOSED } from "./core.ts";

/** Held bytes beyond which `write` asks for patience, and below which `onDrain` ends it. */
const HIGH_WATER = 256 << 10;
const LOW_WATER = 64 << 10;
/** A write of at least this size goes to the core at once instead of being copied twice. */
const DIRECT_BYTES = 8 << 10;
/**
 * Held bytes that leave without waiting for the end of the turn: while the rest of it is written here, whoever gets them
 * is at work on them already. A few packets of a real network; of less the cost of sending eats the gain.
 */
const EAGER_BYTES = 4 << 10;

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly handle: number;
  readonly core: Core;
  readonly staging: StagingPool;
  /** The connection is over: nothing is passed to the core any more. */
  readonly ended: boolean;
  /** `push` must run before the turn's flush. */
  touch(stream: QuicStream): void;
  /** `release` must run in the next turn. */
  wake(stream: QuicStream): void;
  /** Sends what the core was given, before the turn is over. */
  flush(): void;
  /** Both sides of the stream are done. */
  forget(stream: QuicStream): void;
}

/** Something that arrived while the stream was not to be told. */
type Held =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "reset"; readonly code: number };

/** A stream over the QUIC core. */
export class QuicStream implements Stream {
  readonly id: number;
  /** Queued at its connection for `push`. Kept there. */
  queued = false;
  readonly #host: StreamHost;
  readonly #staging: Staging;
  #handler: StreamHandler | undefined;
  #held: Held[] = [];
  #paused = false;
  #coreHolds = false;
  #readDone = false;
  #writeDone = false;
  #ending = false;
  /** Code of the peer's stop that is still to be told. */
  #stoppedBy: number | undefined;
  #blocked = false;
  #owesDrain = false;

  constructor(id: number, host: StreamHost) {
    this.id = id;
    this.#host = host;
    this.#staging = new Staging(host.staging);
  }

  get buffered(): number {
    return this.#staging.length;
  }

  setHandler(handler: StreamHandler): void {
    if (this.#handler !== undefined) throw new MeshError("internal", "a stream has one handler");
    this.#handler = handler;
    const isOwed = this.#held.length > 0 || this.#stoppedBy !== undefined;
    if (isOwed || this.#coreHolds) this.#host.wake(this);
  }

  write(bytes: Bytes, start = 0, end: number = bytes.length): boolean {
    if (this.#ending || this.#writeDone || this.#host.ended) return true;
    const staging = this.#staging;
    let from = start;
    if (staging.length === 0 && !this.#blocked && end - start >= DIRECT_BYTES) {
      from = this.#offer(bytes, start, end);
      if (this.#writeDone) return true;
    }
    if (from < end) {
      staging.append(bytes, from, end);
      if (staging.length >= EAGER_BYTES && !this.#blocked) {
        this.#pushStaged();
        this.#host.flush();
      }
    }
    if (!this.queued) this.#host.touch(this);
    if (staging.length <= HIGH_WATER) return true;
    this.#owesDrain = true;
    return false;
  }

  /** Offers bytes to the core and returns where it stopped. */
  #offer(bytes: Bytes, start: number, end: number): number {
    const { core, handle } = this.#host;
    let at = start;
    while (at < end) {
      const until = Math.min(end, at + core.writeBytes);
      const taken = core.write(handle, this.id, bytes, at, until);
      if (taken === STREAM_CLOSED) {
        this.#writeDone = true;
        return end;
      }
      // Only a refusal makes the core tell when there is room again; a part taken does not.
      if (taken === 0) {
        this.#blocked = true;
        return at;
      }
      at += taken;
    }
    return at;
  }

  #pushStaged(): void {
    const staging = this.#staging;
    const buffer = staging.buffer;
    if (buffer === undefined) return;
    const start = staging.start;
    staging.drop(this.#offer(buffer, start, staging.end) - start);
  }

  /** Hands what was written in this turn to the core. */
  push(): void {
    if (this.#writeDone || this.#host.ended) {
      this.#staging.clear();
      return;
    }
    if (!this.#blocked) this.#pushStaged();
    if (this.#ending && this.#staging.length === 0 && !this.#writeDone) {
      this.#host.core.finish(this.#host.handle, this.id);
      this.#writeDone = true;
    }
    if (this.#writeDone) this.#forgetIfDone();
  }

  /** The core has room again. */
  writable(): void {
    this.#blocked = false;
    this.push();
    if (!this.#owesDrain || this.#staging.length > LOW_WATER) return;
    this.#owesDrain = false;
    if (!this.#ending && !this.#writeDone) this.#handler?.onDrain();
  }

  end(): void {
    if (this.#ending || this.#writeDone || this.#host.ended) return;
    this.#ending = true;
    this.#host.touch(this);
  }

  reset(code: number): void {
    if (this.#writeDone || this.#host.ended) return;
    this.#writeDone = true;
    this.#staging.clear();
    this.#host.core.reset(this.#host.handle, this.id, code);
    this.#host.touch(this);
  }

  stop(code: number): void {
    if (this.#readDone || this.#host.ended) return;
    this.#readDone = true;
    this.#held = [];
    this.#host.core.stop(this.#host.handle, this.id, code);
    this.#host.touch(this);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#hold();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#held.length > 0 || this.#coreHolds) this.#host.wake(this);
  }

  setPriority(priority: number): void {
    if (this.#writeDone || this.#host.ended) return;
    this.#host.core.prioritize(this.#host.handle, this.id, Math.trunc(priority));
  }

  /** Keeps the core from reading the stream, so that flow control holds the peer back. */
  #hold(): void {
    if (this.#coreHolds || this.#readDone || this.#host.ended) return;
    this.#coreHolds = true;
    this.#host.core.pause(this.#host.handle, this.id, true);
  }

  get #flowing(): boolean {
    return this.#handler !== undefined && !this.#paused && this.#held.length === 0;
  }

  /** Tells what was held while nobody listened, then lets the core read on. */
  release(): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    // The handler may pause the stream or end the connection with each of these.
    while (!this.#paused && !this.#host.ended) {
      const held = this.#held.shift();
      if (held === undefined) break;
      if (held.kind === "data") handler.onData(held.bytes, 0, held.bytes.length);
      else if (held.kind === "end") handler.onEnd();
      else handler.onReset(held.code);
    }
    this.#tellStop(handler);
    if (!this.#flowing || !this.#coreHolds || this.#host.ended) return;
    this.#coreHolds = false;
    this.#host.core.pause(this.#host.handle, this.id, false);
  }

  /** A stop concerns what is written: it is told though the stream is paused. */
  #tellStop(handler: StreamHandler): void {
    const stoppedBy = this.#stoppedBy;
    this.#stoppedBy = undefined;
    if (stoppedBy !== undefined && !this.#host.ended) handler.onStop(stoppedBy);
  }

  /** Data arrived in `bytes[start, end)`. */
  receive(bytes: Bytes, start: number, end: number): void {
    if (this.#readDone) return;
    if (this.#flowing) {
      this.#handler?.onData(bytes, start, end);
      return;
    }
    this.#held.push({ kind: "data", bytes: bytes.slice(start, end) });
    this.#hold();
  }

  /** The peer sent all it wanted. */
  receiveEnd(): void {
    if (this.#readDone || this.#host.ended) return;
    const flowing = this.#flowing;
    this.#readDone = true;
    if (flowing) this.#handler?.onEnd();
    else this.#held.push({ kind: "end" });
    this.#forgetIfDone();
  }

  /** The peer gave up: what is still held will not become whole, so the news overtakes it. */
  receiveReset(code: number): void {
    if (this.#readDone) return;
    this.#readDone = true;
    this.#held = [];
    if (this.#handler !== undefined) this.#handler.onReset(code);
    else this.#held.push({ kind: "reset", code });
    this.#forgetIfDone();
  }

  /** The peer wants no more. */
  receiveStop(code: number): void {
    if (this.#writeDone) return;
    this.#writeDone = true;
    this.#staging.clear();
    if (this.#handler === undefined) this.#stoppedBy = code;
    else this.#handler.onStop(code);
    this.#forgetIfDone();
  }

  /** The connection is over. */
  abandon(): void {
    this.#staging.clear();
    this.#held = [];
  }

  #forgetIfDone(): void {
    if (this.#readDone && this.#writeDone) this.#host.forget(this);
  }
}
