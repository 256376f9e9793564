import type { Address } from "../../base/address.ts";
import { ERROR_CODES, MeshError, toMeshError } from "../../base/errors.ts";
import type { NodeId } from "../../base/id.ts";
import type { Clock, Millis } from "../../base/ports.ts";
import { shortReason } from "../close-reason.ts";
import { Liveness } from "../liveness.ts";
import { StreamTable } from "../stream-table.ts";
import type {
  CloseInfo,
  Connection,
  ConnectionHandler,
  Stream,
  TransportLimits,
} from "../transport.ts";
import { ConnectionCredit } from "./credit.ts";
import type { Frame, Parameters } from "./frames.ts";
import { MemoryStream, type StreamHost } from "./memory-stream.ts";
import type { Slab } from "./slab.ts";

/** What a connection asks of its transport. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly slab: Slab;
  readonly kind: string;
  /** It stands for a driver over datagrams. */
  readonly isDatagram: boolean;
  /** Has `connection.turn` called soon, within this instant. */
  touch(connection: MemoryConnection): void;
  send(connection: MemoryConnection, frames: readonly Frame[]): void;
  /** A frame of the handshake has come. */
  shake(connection: MemoryConnection, frame: Frame): void;
  /** The connection has ended and counts no more. */
  gone(connection: MemoryConnection): void;
}

/** One end of a connection of the memory driver. Methods beyond `Connection` are for the driver. */
export class MemoryConnection implements Connection, StreamHost {
  readonly dialled: boolean;
  readonly #host: ConnectionHost;
  /** The other end, once a packet of ours has reached it. */
  other: MemoryConnection | undefined;
  /** When the last packet of ours arrives: packets do not overtake each other unless one is lost. */
  lastArrival: Millis = 0;
  /** Told once where the connection ends before its handshake does. */
  onFailed: ((info: CloseInfo) => void) | undefined;
  #remoteAddress: Address;
  #peer: NodeId | undefined;
  #state: "shaking" | "open" | "closed" = "shaking";
  #handler: ConnectionHandler | undefined;
  #info: CloseInfo | undefined;
  #liveness: Liveness | undefined;
  #streams: StreamTable<MemoryStream> | undefined;
  readonly #credit: ConnectionCredit;
  /** Streams of the peer that no handler knows yet. Bounded by the streams granted. */
  #unannounced: MemoryStream[] = [];
  /** Frames that overtook the end of the handshake. Bounded by the window granted. */
  #early: Frame[] = [];
  #active: MemoryStream[] = [];
  #urgent: Frame[] = [];
  #touched = false;
  #faulty = false;

  constructor(host: ConnectionHost, dialled: boolean, remoteAddress: Address) {
    this.#host = host;
    this.dialled = dialled;
    this.#remoteAddress = remoteAddress;
    this.#credit = new ConnectionCredit(host.limits.connectionWindow);
  }

  get kind(): string {
    return this.#host.kind;
  }

  get isDatagram(): boolean {
    return this.#host.isDatagram;
  }

  get peer(): NodeId {
    if (this.#peer === undefined) throw new MeshError("internal", "the peer is not verified yet");
    return this.#peer;
  }

  get remoteAddress(): Address {
    return this.#remoteAddress;
  }

  get slab(): Slab {
    return this.#host.slab;
  }

  get live(): boolean {
    return this.#state === "open";
  }

  get ended(): boolean {
    return this.#state === "closed";
  }

  /** True where this end belongs to `host`. */
  belongsTo(host: ConnectionHost): boolean {
    return this.#host === host;
  }

  setHandler(handler: ConnectionHandler): void {
    if (this.#handler !== undefined)
      throw new MeshError("internal", "a connection has one handler");
    this.#handler = handler;
    this.#touch();
  }

  async open(signal?: AbortSignal): Promise<Stream> {
    if (this.#state !== "open" || this.#streams === undefined) throw lost(this.#info);
    return await this.#streams.open(signal);
  }

  close(code: number, reason: string): void {
    this.end({ by: "local", code, reason: shortReason(reason) });
  }

  /** The peer is verified: the connection can be used. */
  establish(peer: NodeId, peerLimits: Parameters): void {
    const { limits, clock } = this.#host;
    this.#peer = peer;
    this.#state = "open";
    this.#credit.grant(peerLimits.connectionWindow);
    this.#streams = new StreamTable({
      dialled: this.dialled,
      ownMax: limits.streamsMax,
      peerMax: peerLimits.streamsMax,
      make: (id) => new MemoryStream(this, id, limits.streamWindow, peerLimits.streamWindow),
    });
    const idleTimeout = Math.min(limits.idleTimeout, peerLimits.idleTimeout);
    this.#liveness = new Liveness(clock, {
      idleTimeout,
      keepAlive: limits.keepAlive,
      ping: () => this.#host.send(this, [{ kind: "ping" }]),
      expire: () => this.#expire(idleTimeout),
    });
  }

  /** Hands the connection out by `tell`, then takes in what came before the handshake was finished. */
  introduce(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      this.#fault(cause);
    }
    const early = this.#early;
    this.#early = [];
    this.receive(early);
  }

  /** Ends this end. Its owner is told within this instant; the peer only where it was ended locally. */
  end(info: CloseInfo): void {
    if (this.#state === "closed") return;
    const failed = this.#state === "shaking";
    this.#state = "closed";
    this.#info = info;
    this.#liveness?.stop();
    this.#streams?.endAll(lost(info));
    this.#early = [];
    this.#active = [];
    this.#unannounced = [];
    this.#host.gone(this);
    if (info.by === "local") this.#urgent = [this.farewell()];
    if (failed) this.onFailed?.(info);
    this.#touch();
  }

  /** Ends this end without a word to anybody: its process is no more. */
  vanish(): void {
    this.#state = "closed";
    this.#handler = undefined;
    this.#liveness?.stop();
    this.#streams?.endAll(lost(undefined));
  }

  /** What a peer is told that still talks to this end after it was closed. */
  farewell(): Frame {
    const { code, reason } = this.#info ?? { code: 0, reason: "" };
    // What a handler threw is for our own log only.
    return { kind: "close", code, reason: this.#faulty ? "internal error" : reason };
  }

  /** Something of ours was acknowledged, or will have been by `time`. */
  heard(time: Millis): void {
    this.#liveness?.heard(time);
  }

  /** Whether packets from `address` are taken; the dialled side may not move (RFC 9000, 9). */
  follow(address: Address): boolean {
    if (address === this.#remoteAddress) return true;
    if (this.dialled) return false;
    this.#remoteAddress = address;
    return true;
  }

  /** Takes in frames that have arrived. */
  receive(frames: readonly Frame[]): void {
    this.heard(this.#host.clock.now());
    try {
      for (const frame of frames) this.#accept(frame);
    } catch (cause) {
      this.#fault(cause);
    }
  }

  /** Tells handlers what they do not know yet, then sends what was written. */
  turn(): void {
    this.#touched = false;
    try {
      if (this.#state === "open") this.#tell();
    } catch (cause) {
      this.#fault(cause);
    }
    this.#flush();
    if (this.#state === "closed") this.#tellEnd();
  }

  touch(stream: MemoryStream): void {
    if (this.#state !== "open") return;
    this.#active.push(stream);
    this.#touch();
  }

  consumed(size: number): void {
    if (this.#credit.consumed(size)) this.#touch();
  }

  #accept(frame: Frame): void {
    if (this.#state === "closed") return;
    if (frame.kind === "close") {
      this.end({ by: "peer", code: frame.code, reason: frame.reason });
      return;
    }
    if (frame.kind === "welcome" || frame.kind === "finish") {
      this.#host.shake(this, frame);
      return;
    }
    if (this.#state === "shaking") {
      this.#early.push(frame);
      return;
    }
    this.#acceptOpen(frame, this.#streams as StreamTable<MemoryStream>);
  }

  #acceptOpen(frame: Frame, streams: StreamTable<MemoryStream>): void {
    switch (frame.kind) {
      case "connection_credit":
        this.#credit.grant(frame.limit);
        for (const stream of streams.values()) if (stream.buffered > 0) this.touch(stream);
        return;
      case "streams_credit":
        streams.grant(frame.limit);
        return;
      case "stream_credit":
        streams.get(frame.stream)?.acceptCredit(frame.limit);
        return;
      case "data":
      case "reset":
      case "stop":
        this.#acceptStream(frame, streams);
        return;
      default:
        return;
    }
  }

  #acceptStream(
    frame: Frame & { readonly stream: number },
    streams: StreamTable<MemoryStream>,
  ): void {
    const stream = streams.incoming(frame.stream, (fresh) => this.#announce(fresh));
    if (stream === undefined) return;
    if (frame.kind === "data") stream.acceptData(frame);
    else if (frame.kind === "reset") stream.acceptReset(frame);
    else if (frame.kind === "stop") stream.acceptStop(frame.code);
    stream.pump();
    if (stream.creditDue) this.touch(stream);
    this.#settle(stream, streams);
  }

  #announce(stream: MemoryStream): void {
    if (this.#handler === undefined) this.#unannounced.push(stream);
    else this.#handler.onStream(stream);
  }

  #settle(stream: MemoryStream, streams: StreamTable<MemoryStream>): void {
    if (!stream.finished) return;
    streams.remove(stream);
    if (streams.creditDue) this.#touch();
  }

  #tell(): void {
    const handler = this.#handler;
    if (handler !== undefined && this.#unannounced.length > 0) {
      const streams = this.#unannounced;
      this.#unannounced = [];
      for (const stream of streams) if (this.live) handler.onStream(stream);
    }
    // A handler may touch further streams while this runs; they join the end of the list.
    for (let at = 0; at < this.#active.length; at++) (this.#active[at] as MemoryStream).pump();
  }

  #flush(): void {
    const frames = this.#urgent;
    this.#urgent = [];
    if (this.#state === "open") this.#collect(frames, this.#streams as StreamTable<MemoryStream>);
    if (frames.length > 0) this.#host.send(this, frames);
  }

  #collect(frames: Frame[], streams: StreamTable<MemoryStream>): void {
    const active = this.#active;
    this.#active = [];
    if (active.length > 1) active.sort((a, b) => b.priority - a.priority);
    for (const stream of active) {
      this.#credit.sent(stream.collect(frames, this.#credit.allowance));
      this.#settle(stream, streams);
    }
    this.#credit.collect(frames);
    const limit = streams.credit();
    if (limit !== undefined) frames.push({ kind: "streams_credit", limit });
  }

  #tellEnd(): void {
    const handler = this.#handler;
    const info = this.#info;
    if (handler === undefined || info === undefined) return;
    this.#handler = undefined;
    try {
      handler.onClose(info);
    } catch {
      // The connection is over; there is nothing left to close.
    }
  }

  #expire(idleTimeout: Millis): void {
    this.end({ by: "timeout", code: 0, reason: `nothing heard for ${idleTimeout} ms` });
  }

  #fault(cause: unknown): void {
    const { message } = toMeshError(cause);
    const reason = shortReason(`a handler threw: ${message}`);
    this.#faulty = this.#state !== "closed";
    this.end({ by: "local", code: ERROR_CODES.internal.wire, reason });
  }

  #touch(): void {
    if (this.#touched) return;
    this.#touched = true;
    this.#host.touch(this);
  }
}

function lost(info: CloseInfo | undefined): MeshError {
  const why = info === undefined ? "" : `: ${info.reason || `closed by ${info.by}`}`;
  return new MeshError("link_lost", `the connection has ended${why}`);
}
