import type { Bytes } from "../../base/bytes.ts";
import { ERROR_CODES, MeshError, toMeshError } from "../../base/errors.ts";
import { ID_BYTES, shortId } from "../../base/id.ts";
import type { Log } from "../../base/ports.ts";
import { reasonBytes } from "../close-reason.ts";
import { plainAddress } from "../ip-text.ts";
import { Dialling } from "../sockets/dialling.ts";
import { Pace } from "../sockets/pace.ts";
import { StagingPool } from "../staging.ts";
import type { Connection, DialOptions, TransportIdentity, TransportLimits } from "../transport.ts";
import { pushWritten, TurnList } from "../turn-list.ts";
import { verifyPeer } from "../verify-peer.ts";
import type { AddressBook, AddressWords } from "./address-words.ts";
import { Alarm } from "./alarm.ts";
import { closeInfo, dialError, type Lost } from "./closing.ts";
import { type ConnectionHost, QuicConnection } from "./connection.ts";
import { Core } from "./core.ts";
import * as layout from "./layout.ts";
import { type DatagramSink, Outbox } from "./outbox.ts";
import { batchMemory } from "./shared-memory.ts";
import type { QuicStream } from "./stream.ts";

/** Batches of events told before the event loop gets its turn. */
const ROUNDS_MAX = 8;
const NO_BYTES: Bytes = new Uint8Array(0);

/** What an endpoint needs of the transport it serves. */
export interface Outlet extends DatagramSink {
  /** A verified arrival. */
  arrived(connection: Connection): void;
  /** The core is lost; `abandon` was not called yet. */
  failed(cause: unknown): void;
}

/** One core with its connections: what happens between a datagram and a callback. */
export class Endpoint implements ConnectionHost {
  readonly core: Core;
  readonly staging: StagingPool = new StagingPool();
  readonly #outlet: Outlet;
  readonly #log: Log | undefined;
  readonly #book: AddressBook;
  /** By handle. */
  readonly #connections: (QuicConnection | undefined)[] = [];
  readonly #dials: (Dialling | undefined)[] = [];
  #established = 0;
  readonly #touched = new TurnList<QuicConnection>();
  #awake: QuicConnection[] = [];
  /** For texts of peers: what is not UTF-8 becomes a mark. */
  readonly #text = new TextDecoder();
  readonly #events: Uint8Array<ArrayBuffer>;
  readonly #eventWords: Uint32Array;
  readonly #outbox: Outbox;
  readonly #pace: Pace = new Pace();
  readonly #alarm: Alarm = new Alarm(() => this.#expire());
  #scheduled = false;
  /** A lone datagram was told of: what is written next is probably all there is. */
  #answersAtOnce = false;
  #inTurn = false;
  #stopped = false;
  readonly #onTurn: () => void = () => this.turn();

  constructor(
    identity: TransportIdentity,
    limits: TransportLimits,
    outlet: Outlet,
    book: AddressBook,
    log: Log | undefined,
  ) {
    this.#outlet = outlet;
    this.#log = log;
    this.#book = book;
    const tell = (text: string): void => log?.write("error", "quic_core", { text });
    this.core = new Core(identity, limits, tell, () => this.schedule());
    this.#events = batchMemory(this.core.batchBytes);
    this.#eventWords = new Uint32Array(this.#events.buffer);
    this.#outbox = new Outbox(this.core, book, outlet);
  }

  /** Connections that are verified and not over. */
  get established(): number {
    return this.#established;
  }

  /** Takes in a datagram of QUIC. */
  receive(datagram: Bytes, from: AddressWords, port: number): void {
    this.core.push(datagram, from, port);
    const lone = this.#pace.isLone(datagram.length);
    if (lone && !this.#scheduled && !this.#stopped) {
      this.turn();
      this.#answersAtOnce = true;
    } else this.schedule();
  }

  dial(to: AddressWords, port: number, options: DialOptions): Promise<Connection> {
    const handle = this.core.connect(to, port);
    if (handle < 0) {
      return Promise.reject(new MeshError("refused", "the bound on connections is reached"));
    }
    const dialling = new Dialling(options.expect);
    this.#dials[handle] = dialling;
    dialling.watch(options.timeout, options.signal, (late) => {
      const error = late
        ? new MeshError("dial_failed", `no answer within ${options.timeout} ms`)
        : new MeshError("cancelled", "the dial was cancelled");
      this.#giveUp(handle, dialling, error);
    });
    this.schedule();
    return dialling.promise;
  }

  #giveUp(handle: number, dialling: Dialling, error: MeshError): void {
    if (this.#dials[handle] !== dialling) return;
    this.#dials[handle] = undefined;
    this.core.close(handle, 0, NO_BYTES);
    this.schedule();
    dialling.fail(error);
  }

  // Called by connections.

  touch(connection: QuicConnection): void {
    if (!connection.queued) {
      connection.queued = true;
      this.#touched.add(connection);
    }
    if (!this.#inTurn) this.schedule();
  }

  wake(connection: QuicConnection): void {
    if (!connection.woken) {
      connection.woken = true;
      this.#awake.push(connection);
    }
    if (!this.#inTurn) this.schedule();
  }

  flush(): void {
    this.#outbox.flush();
  }

  closed(connection: QuicConnection): void {
    this.#forget(connection);
    if (!this.#inTurn) this.schedule();
  }

  #forget(connection: QuicConnection): void {
    if (this.#connections[connection.handle] !== connection) return;
    this.#connections[connection.handle] = undefined;
    this.#established--;
  }

  /** Asks for a turn after the present callbacks of the event loop; after a lone datagram, once, right after this one. */
  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    if (this.#answersAtOnce && !this.#inTurn) queueMicrotask(this.#onTurn);
    else setImmediate(this.#onTurn);
    this.#answersAtOnce = false;
  }

  /** One turn: take in, tell, take over what was written, send. */
  turn(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    this.#inTurn = true;
    let fault: unknown;
    try {
      this.#work();
    } catch (cause) {
      // A fault of the driver itself costs as little as one of the core.
      fault = cause;
    }
    this.#inTurn = false;
    fault ??= this.core.fault;
    if (fault !== undefined) {
      this.#outlet.failed(fault);
      return;
    }
    this.#alarm.set(this.core.deadline);
    const left = this.#touched.size > 0 || this.#awake.length > 0;
    if (left || this.core.wantsPoll || this.core.wantsFlush) this.schedule();
  }

  #work(): void {
    this.core.feed();
    this.#releaseAll();
    this.#tellAll();
    this.#touched.drain(pushWritten);
    this.#outbox.flush();
    this.#pace.turned();
  }

  #releaseAll(): void {
    if (this.#awake.length === 0) return;
    const awake = this.#awake;
    this.#awake = [];
    for (const connection of awake) {
      connection.woken = false;
      this.#guarded(connection, () => connection.release());
    }
  }

  #guarded(connection: QuicConnection, action: () => void): void {
    try {
      action();
    } catch (cause) {
      this.#callbackFailed(connection, cause);
    }
  }

  #callbackFailed(connection: QuicConnection, cause: unknown): void {
    const { message } = toMeshError(cause);
    this.#log?.write("error", "callback_failed", { peer: shortId(connection.peer), message });
    connection.fail();
  }

  #tellAll(): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const length = this.core.poll();
      if (length > 0) {
        this.core.readEvents(length, this.#events);
        this.#tellBatch(length);
      }
      if (!this.core.wantsPoll) return;
    }
  }

  #tellBatch(length: number): void {
    const words = this.#eventWords;
    let at = 0;
    while (at < length) {
      const index = at >>> 2;
      const kind = words[index] as number;
      const handle = words[index + 1] as number;
      const low = words[index + 2] as number;
      const high = words[index + 3] as number;
      const start = at + layout.EVENT_HEADER;
      const end = start + (words[index + 4] as number);
      at = layout.padded(end);
      const connection = this.#connections[handle];
      if (connection === undefined) {
        this.#tellHandshake(kind, handle, low, high, start, end);
        continue;
      }
      try {
        this.#tell(connection, kind, low, high, start, end);
      } catch (cause) {
        this.#callbackFailed(connection, cause);
      }
    }
  }

  #tell(
    connection: QuicConnection,
    kind: number,
    low: number,
    high: number,
    start: number,
    end: number,
  ): void {
    const id = high === 0 ? low : high * 0x1_0000_0000 + low;
    switch (kind) {
      case layout.EVENT_OPENED:
        connection.opened(id);
        break;
      case layout.EVENT_AVAILABLE:
        connection.available();
        break;
      case layout.EVENT_LOST:
        this.#tellLost(connection, low, high, start, end);
        break;
      case layout.EVENT_MOVED:
        connection.moved(this.#addressAt(start));
        break;
      default:
        this.#tellStream(connection.stream(id), kind, start, end);
    }
  }

  #tellStream(stream: QuicStream | undefined, kind: number, start: number, end: number): void {
    switch (kind) {
      case layout.EVENT_DATA:
        stream?.receive(this.#events, start, end);
        break;
      case layout.EVENT_DATA_END:
        if (end > start) stream?.receive(this.#events, start, end);
        stream?.receiveEnd();
        break;
      case layout.EVENT_WRITABLE:
        stream?.writable();
        break;
      case layout.EVENT_RESET:
        stream?.receiveReset(this.#eventWords[start >>> 2] as number);
        break;
      case layout.EVENT_STOPPED:
        stream?.receiveStop(this.#eventWords[start >>> 2] as number);
        break;
      default:
    }
  }

  #tellLost(
    connection: QuicConnection,
    kind: number,
    code: number,
    start: number,
    end: number,
  ): void {
    this.#forget(connection);
    connection.finish(closeInfo(this.#lostAt(kind, code, start, end)));
    connection.release();
  }

  #lostAt(kind: number, code: number, start: number, end: number): Lost {
    return { kind, code, reason: this.#text.decode(this.#events.subarray(start, end)) };
  }

  #addressAt(start: number): ReturnType<typeof plainAddress> {
    const index = start >>> 2;
    const port = this.#eventWords[index] as number;
    return plainAddress(this.#book.text(this.#eventWords, index + 1), port);
  }

  /** Events of connections that nobody has been told of yet. */
  #tellHandshake(
    kind: number,
    handle: number,
    low: number,
    high: number,
    start: number,
    end: number,
  ): void {
    const dialling = this.#dials[handle];
    if (kind === layout.EVENT_LOST) {
      this.#dials[handle] = undefined;
      dialling?.fail(dialError(this.#lostAt(low, high, start, end)));
    } else if (kind === layout.EVENT_CONNECTED) {
      this.#dials[handle] = undefined;
      const arrived = low === 1;
      // A dial that was given up in this very turn.
      if (!arrived && dialling === undefined) return;
      this.#admit(handle, dialling, start, end);
    }
  }

  /** Judges the peer's certificate; a refused peer learns why. */
  #admit(handle: number, dialling: Dialling | undefined, start: number, end: number): void {
    let connection: QuicConnection;
    try {
      const keyAt = start + layout.ADDRESS_BYTES;
      const proof = this.#events.slice(keyAt, end);
      const certificate = proof.subarray(ID_BYTES);
      const peer = verifyPeer(proof.subarray(0, ID_BYTES), certificate, dialling?.expect);
      const address = this.#addressAt(start);
      connection = new QuicConnection(this, handle, peer, dialling !== undefined, address);
    } catch (cause) {
      const error = toMeshError(cause, "bad_certificate");
      this.core.close(handle, ERROR_CODES[error.code].wire, reasonBytes(error.message));
      dialling?.fail(error);
      return;
    }
    this.#connections[handle] = connection;
    this.#established++;
    if (dialling !== undefined) dialling.succeed(connection);
    else this.#guarded(connection, () => this.#outlet.arrived(connection));
  }

  #expire(): void {
    this.core.expire();
    this.turn();
  }

  /** Closes every connection and gives up every dial. The packets leave with the next turn. */
  closeAll(code: number, reason: string): void {
    for (const connection of this.#connections.slice()) connection?.close(code, reason);
    this.#failDials(new MeshError("closed", "the transport was closed"));
  }

  #failDials(error: MeshError): void {
    for (const [handle, dialling] of this.#dials.entries()) {
      if (dialling === undefined) continue;
      this.#dials[handle] = undefined;
      this.core.close(handle, 0, NO_BYTES);
      dialling.fail(error);
    }
  }

  /** Ends all work at once; whoever is still connected is told of a fault. */
  abandon(): void {
    this.#stopped = true;
    this.#alarm.clear();
    this.#failDials(new MeshError("dial_failed", "the QUIC core failed"));
    for (const connection of this.#connections.slice()) {
      if (connection === undefined) continue;
      this.#forget(connection);
      connection.finish({ by: "fault", code: 0, reason: "the QUIC core failed" });
    }
    this.#releaseAll();
  }
}
