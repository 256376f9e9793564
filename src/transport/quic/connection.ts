import type { Address } from "../../base/address.ts";
import { ERROR_CODES, MeshError } from "../../base/errors.ts";
import type { NodeId } from "../../base/id.ts";
import { reasonBytes } from "../close-reason.ts";
import type { StagingPool } from "../staging.ts";
import type { CloseInfo, Connection, ConnectionHandler, Stream } from "../transport.ts";
import { pushWritten, TurnList } from "../turn-list.ts";
import type { Core } from "./core.ts";
import { QuicStream, type StreamHost } from "./stream.ts";

/** Callers of `open` that may wait for stream credit on one connection. */
const OPENS_WAITING_MAX = 65_536;

/** What a connection needs of its endpoint. */
export interface ConnectionHost {
  readonly core: Core;
  readonly staging: StagingPool;
  /** `connection.push` must run before the turn's flush. */
  touch(connection: QuicConnection): void;
  /** `connection.release` must run in the next turn. */
  wake(connection: QuicConnection): void;
  /** Sends what the core was given, before the turn is over. */
  flush(): void;
  /** The connection was closed from this side. */
  closed(connection: QuicConnection): void;
}

interface Waiting {
  readonly resolve: (stream: Stream) => void;
  readonly reject: (error: MeshError) => void;
}

/** A verified connection over the QUIC core. */
export class QuicConnection implements Connection, StreamHost {
  readonly kind = "quic";
  readonly isDatagram = true;
  readonly peer: NodeId;
  readonly dialled: boolean;
  readonly handle: number;
  /** Queued at its endpoint for `push` or `release`. Kept there. */
  queued = false;
  woken = false;
  readonly #host: ConnectionHost;
  readonly #streams = new Map<number, QuicStream>();
  readonly #waiting: Waiting[] = [];
  #recent: QuicStream | undefined;
  readonly #touched = new TurnList<QuicStream>();
  #awake: QuicStream[] = [];
  #handler: ConnectionHandler | undefined;
  #address: Address;
  #end: CloseInfo | undefined;
  #endTold = false;

  constructor(
    host: ConnectionHost,
    handle: number,
    peer: NodeId,
    dialled: boolean,
    address: Address,
  ) {
    this.#host = host;
    this.handle = handle;
    this.peer = peer;
    this.dialled = dialled;
    this.#address = address;
  }

  get core(): Core {
    return this.#host.core;
  }

  get staging(): StagingPool {
    return this.#host.staging;
  }

  get remoteAddress(): Address {
    return this.#address;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  setHandler(handler: ConnectionHandler): void {
    if (this.#handler !== undefined)
      throw new MeshError("internal", "a connection has one handler");
    this.#handler = handler;
    if (this.#end !== undefined) this.#host.wake(this);
    else this.core.attach(this.handle);
    this.#host.touch(this);
  }

  open(signal?: AbortSignal): Promise<Stream> {
    if (this.ended) return Promise.reject(lost());
    if (signal?.aborted) return Promise.reject(cancelled());
    const stream = this.#waiting.length === 0 ? this.#openNow() : undefined;
    if (stream !== undefined) return Promise.resolve(stream);
    if (this.#waiting.length >= OPENS_WAITING_MAX) {
      return Promise.reject(new MeshError("overloaded", "too many streams wait to be opened"));
    }
    return new Promise((resolve, reject) => this.#wait(resolve, reject, signal));
  }

  #openNow(): QuicStream | undefined {
    const id = this.core.open(this.handle);
    return id < 0 ? undefined : this.#add(id);
  }

  #add(id: number): QuicStream {
    const stream = new QuicStream(id, this);
    this.#streams.set(id, stream);
    return stream;
  }

  #wait(
    resolve: (stream: Stream) => void,
    reject: (error: MeshError) => void,
    signal: AbortSignal | undefined,
  ): void {
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(cancelled());
    };
    const waiting: Waiting = {
      resolve: (stream) => {
        signal?.removeEventListener("abort", onAbort);
        resolve(stream);
      },
      reject: (error) => {
        signal?.removeEventListener("abort", onAbort);
        reject(error);
      },
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(waiting);
  }

  close(code: number, reason: string): void {
    if (this.ended) return;
    const bytes = reasonBytes(reason);
    this.core.close(this.handle, code, bytes);
    this.finish({ by: "local", code, reason: new TextDecoder().decode(bytes) });
    this.#host.closed(this);
  }

  // What follows is called by the endpoint and by the streams.

  touch(stream: QuicStream): void {
    if (!stream.queued) {
      stream.queued = true;
      this.#touched.add(stream);
    }
    if (!this.queued) this.#host.touch(this);
  }

  wake(stream: QuicStream): void {
    this.#awake.push(stream);
    this.#host.wake(this);
  }

  flush(): void {
    this.#host.flush();
  }

  forget(stream: QuicStream): void {
    this.#streams.delete(stream.id);
    if (this.#recent === stream) this.#recent = undefined;
  }

  /** Hands over what was written in this turn. */
  push(): void {
    this.#touched.drain(pushWritten);
  }

  /** Tells what could not be told before. */
  release(): void {
    const awake = this.#awake;
    this.#awake = [];
    for (const stream of awake) stream.release();
    this.#tellEnd();
  }

  stream(id: number): QuicStream | undefined {
    const recent = this.#recent;
    if (recent !== undefined && recent.id === id) return recent;
    const stream = this.#streams.get(id);
    this.#recent = stream;
    return stream;
  }

  /** The peer opened a stream. */
  opened(id: number): void {
    const stream = this.#add(id);
    this.#handler?.onStream(stream);
  }

  /** The peer allows more streams. */
  available(): void {
    while (this.#waiting.length > 0 && !this.ended) {
      const stream = this.#openNow();
      if (stream === undefined) return;
      this.#waiting.shift()?.resolve(stream);
    }
  }

  moved(address: Address): void {
    this.#address = address;
  }

  /** The connection is over: nothing is read or written any more; `release` tells why. */
  finish(info: CloseInfo): void {
    if (this.#end !== undefined) return;
    this.#end = info;
    for (const stream of this.#streams.values()) stream.abandon();
    this.#streams.clear();
    this.#recent = undefined;
    this.#touched.clear();
    this.#awake = [];
    for (const waiting of this.#waiting.splice(0)) waiting.reject(lost());
    this.#host.wake(this);
  }

  #tellEnd(): void {
    if (this.#end === undefined || this.#endTold || this.#handler === undefined) return;
    this.#endTold = true;
    this.#handler.onClose(this.#end);
  }

  /** A callback threw: the connection ends, the process goes on. */
  fail(): void {
    this.close(ERROR_CODES.internal.wire, "internal error");
  }
}

function lost(): MeshError {
  return new MeshError("link_lost", "the connection ended before the stream was opened");
}

function cancelled(): MeshError {
  return new MeshError("cancelled", "opening the stream was cancelled");
}
