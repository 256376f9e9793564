import type { Address } from "../../base/address.ts";
import type { Bytes } from "../../base/bytes.ts";
import { ERROR_CODES, type ErrorCode, MeshError } from "../../base/errors.ts";
import type { NodeId } from "../../base/id.ts";
import { reasonBytes, shortReason } from "../close-reason.ts";
import { Liveness, type LivenessClock } from "../liveness.ts";
import type { StagingPool } from "../staging.ts";
import { StreamTable } from "../stream-table.ts";
import type {
  CloseInfo,
  Connection,
  ConnectionHandler,
  Stream,
  TransportLimits,
} from "../transport.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import { FRAME, type FrameType, type Settings, STREAM_ID_MAX } from "./frames.ts";
import { MuxStream, type MuxStreamHost } from "./mux-stream.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { SendCredit } from "./send-credit.ts";
import { SendOrder } from "./send-order.ts";

/** What a connection needs of the driver that carries its bytes. */
export interface MuxHost {
  readonly clock: LivenessClock;
  readonly limits: TransportLimits;
  readonly pool: StagingPool;
  /** Where chunks are put together: one for all connections of a driver. */
  readonly writer: ChunkWriter;
  /** Has `turn`, and `collect` until it has nothing more, called before the turn is over. */
  touch(): void;
  /** Has `collect` called now, from within a call of the connection's user. */
  flush(): void;
  /** The peer's hello has come: the connection may be handed out. */
  greeted(): void;
  /** The connection is over. What `collect` still gives is its last word. */
  ended(info: CloseInfo): void;
}

export interface MuxOptions {
  /** The name of the driver. */
  readonly kind: string;
  readonly peer: NodeId;
  readonly dialled: boolean;
  readonly remoteAddress: Address;
}

/**
 * Many streams over one channel of ordered bytes, without the channel: bytes come in by `receive` and go out by
 * `collect`. Whatever the peer sends, what is kept of it is bounded by the windows and streams it was granted.
 */
export class MuxConnection implements Connection, MuxStreamHost, FrameSink {
  readonly kind: string;
  readonly isDatagram = false;
  readonly peer: NodeId;
  readonly dialled: boolean;
  readonly remoteAddress: Address;
  readonly #host: MuxHost;
  readonly #reader: FrameReader = new FrameReader(this);
  readonly #window: ReceiveWindow;
  readonly #credit = new SendCredit();
  readonly #order = new SendOrder();
  #streams: StreamTable<MuxStream> | undefined;
  #recent: MuxStream | undefined;
  /** Streams of the peer that no handler knows yet; bounded by the streams granted. */
  #unannounced: MuxStream[] = [];
  #awake: MuxStream[] = [];
  #handler: ConnectionHandler | undefined;
  #liveness: Liveness | undefined;
  #state: "greeting" | "open" | "over" = "greeting";
  #helloDue = true;
  #pingDue = false;
  #pongDue = false;
  #farewell: { readonly code: number; readonly reason: Bytes } | undefined;
  #end: CloseInfo | undefined;
  #endTold = false;

  constructor(host: MuxHost, options: MuxOptions) {
    this.#host = host;
    this.kind = options.kind;
    this.peer = options.peer;
    this.dialled = options.dialled;
    this.remoteAddress = options.remoteAddress;
    this.#window = new ReceiveWindow(host.limits.connectionWindow);
  }

  get live(): boolean {
    return this.#state === "open";
  }

  get pool(): StagingPool {
    return this.#host.pool;
  }

  setHandler(handler: ConnectionHandler): void {
    if (this.#handler !== undefined)
      throw new MeshError("internal", "a connection has one handler");
    this.#handler = handler;
    this.#host.touch();
  }

  open(signal?: AbortSignal): Promise<Stream> {
    if (this.#streams === undefined || !this.live) return Promise.reject(lost());
    return this.#streams.open(signal);
  }

  close(code: number, reason: string): void {
    if (this.#state === "over") return;
    this.#farewell = { code, reason: reasonBytes(reason) };
    this.#finish({ by: "local", code, reason: shortReason(reason) });
  }

  // What follows is called by the driver.

  /** Takes in bytes of the peer. Throws what a handler throws; the connection is to be closed then. */
  receive(bytes: Bytes, start: number, end: number): void {
    this.#liveness?.heard(this.#host.clock.now());
    this.#reader.read(bytes, start, end);
  }

  /** Tells handlers what could not be told before. Throws what a handler throws. */
  turn(): void {
    const handler = this.#handler;
    if (handler !== undefined) this.#tellStreams(handler);
    const awake = this.#awake;
    this.#awake = [];
    for (const stream of awake) {
      stream.woken = false;
      if (this.live) stream.release();
    }
    if (handler === undefined || this.#end === undefined || this.#endTold) return;
    this.#endTold = true;
    handler.onClose(this.#end);
  }

  #tellStreams(handler: ConnectionHandler): void {
    const fresh = this.#unannounced;
    this.#unannounced = [];
    for (const stream of fresh) if (this.live) handler.onStream(stream);
  }

  /** The next bytes for the peer, at most 64 KiB; nothing where there is nothing to say. They stay as they are. */
  collect(): Bytes | undefined {
    const out = this.#host.writer;
    out.begin();
    if (this.#helloDue) out.hello(this.#host.limits);
    this.#helloDue = false;
    if (this.#streams !== undefined && this.live) this.#collectOpen(out, this.#streams);
    const farewell = this.#farewell;
    if (farewell !== undefined) out.close(farewell.code, farewell.reason);
    this.#farewell = undefined;
    const chunk = out.finish();
    if (chunk !== undefined) this.#liveness?.said(this.#host.clock.now());
    return chunk;
  }

  #collectOpen(out: ChunkWriter, streams: StreamTable<MuxStream>): void {
    if (this.#pingDue) out.bare(FRAME.ping, 0);
    if (this.#pongDue) out.bare(FRAME.pong, 0);
    this.#pingDue = false;
    this.#pongDue = false;
    this.#order.collect(out, this.#credit);
    if (this.#window.due) out.limit(FRAME.connectionCredit, 0, this.#window.grant());
    const limit = streams.credit();
    if (limit !== undefined) out.limit(FRAME.openCredit, 0, limit);
  }

  /** A callback threw: the connection ends, the process goes on. */
  fail(): void {
    this.close(ERROR_CODES.internal.wire, "internal error");
  }

  /** The channel is gone, or its peer was silent for too long. */
  lose(info: CloseInfo): void {
    this.#finish(info);
  }

  // What follows is called by the streams.

  touch(stream: MuxStream): void {
    this.#order.add(stream);
    this.#host.touch();
  }

  wake(stream: MuxStream): void {
    if (!this.live || stream.woken) return;
    stream.woken = true;
    this.#awake.push(stream);
    this.#host.touch();
  }

  flush(): void {
    this.#host.flush();
  }

  consumed(length: number): void {
    this.#window.consume(length);
    if (this.#window.due) this.#host.touch();
  }

  forget(stream: MuxStream): void {
    this.#streams?.remove(stream);
    if (this.#recent === stream) this.#recent = undefined;
    if (this.#streams?.creditDue) this.#host.touch();
  }

  // What follows is called by the reader of frames.

  get reading(): boolean {
    return this.#state !== "over";
  }

  onHello(settings: Settings): void {
    if (this.#state !== "greeting") {
      this.onViolation("bad_frame", "a second hello");
      return;
    }
    const { limits, clock } = this.#host;
    this.#state = "open";
    this.#credit.grant(settings.connectionWindow);
    this.#streams = new StreamTable({
      dialled: this.dialled,
      ownMax: limits.streamsMax,
      peerMax: settings.streamsMax,
      make: (id) => new MuxStream(this, id, limits.streamWindow, settings.streamWindow),
    });
    const idleTimeout = Math.min(limits.idleTimeout, settings.idleTimeout);
    this.#liveness = new Liveness(clock, {
      idleTimeout,
      keepAlive: limits.keepAlive,
      ping: () => this.#ping(),
      expire: () => this.#expire(idleTimeout),
    });
    this.#liveness.said(clock.now());
    this.#host.greeted();
  }

  #ping(): void {
    this.#pingDue = true;
    this.#host.touch();
  }

  #expire(idleTimeout: number): void {
    this.#finish({ by: "timeout", code: 0, reason: `nothing heard for ${idleTimeout} ms` });
  }

  onData(id: number, bytes: Bytes, start: number, end: number): void {
    const stream = this.#stream(id);
    if (!this.live) return;
    if (stream === undefined || stream.ended) this.#endedBefore(id);
    else if (!this.#window.receive(end - start)) {
      this.onViolation("too_large", "more data than the connection was granted");
    } else if (!stream.receive(bytes, start, end)) {
      this.onViolation("too_large", `more data than stream ${id} was granted`);
    }
  }

  onEnd(id: number): void {
    if (this.#stream(id)?.receiveEnd() !== true) this.#endedBefore(id);
  }

  onCode(type: FrameType, id: number, code: number): void {
    const stream = this.#stream(id);
    if (type === FRAME.stop) stream?.receiveStop(code);
    else if (stream?.receiveReset(code) !== true) this.#endedBefore(id);
  }

  #endedBefore(id: number): void {
    this.onViolation("bad_frame", `stream ${id} was ended before`);
  }

  onLimit(type: FrameType, id: number, limit: number): void {
    if (type === FRAME.streamCredit) this.#stream(id)?.receiveCredit(limit);
    else if (!this.#mayTalk()) return;
    else if (type === FRAME.openCredit) {
      // Beyond, ids would be used up; it takes weeks of a stream every few microseconds.
      this.#streams?.grant(Math.min(limit, Math.floor(STREAM_ID_MAX / 4)));
    } else this.#grant(limit);
  }

  #grant(limit: number): void {
    const exhausted = this.#credit.allowance === 0;
    this.#credit.grant(limit);
    if (!exhausted || this.#credit.allowance === 0) return;
    for (const stream of this.#streams?.values() ?? []) if (stream.sendable) this.touch(stream);
  }

  onPing(): void {
    if (!this.#mayTalk()) return;
    this.#pongDue = true;
    this.#host.touch();
  }

  onClose(code: number, reason: string): void {
    this.#finish({ by: "peer", code, reason });
  }

  onViolation(code: ErrorCode, reason: string): void {
    if (this.#state === "over") return;
    const wire = ERROR_CODES[code].wire;
    this.#farewell = { code: wire, reason: reasonBytes(reason) };
    this.#finish({ by: "fault", code: wire, reason });
  }

  /** The peer has said hello before. */
  #mayTalk(): boolean {
    if (this.#state === "greeting") this.onViolation("bad_frame", "a frame before the hello");
    return this.live;
  }

  /** The stream that a frame names, unless it is over. The peer opens one by naming it. */
  #stream(id: number): MuxStream | undefined {
    if (this.#recent?.id === id) return this.#recent;
    const streams = this.#streams;
    if (!this.#mayTalk() || streams === undefined) return undefined;
    if (!streams.allows(id)) {
      this.onViolation("too_large", `stream ${id} was not granted`);
      return undefined;
    }
    this.#recent = streams.incoming(id, (fresh) => this.#announce(fresh));
    return this.#recent;
  }

  #announce(stream: MuxStream): void {
    if (this.#handler === undefined || this.#unannounced.length > 0) this.#unannounced.push(stream);
    else this.#handler.onStream(stream);
  }

  #finish(info: CloseInfo): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#end = info;
    this.#liveness?.stop();
    for (const stream of this.#streams?.values() ?? []) stream.abandon();
    this.#streams?.endAll(lost());
    this.#order.clear();
    this.#unannounced = [];
    this.#awake = [];
    this.#recent = undefined;
    this.#host.ended(info);
    this.#host.touch();
  }
}

function lost(): MeshError {
  return new MeshError("link_lost", "the connection ended before the stream was opened");
}
