import type { TLSSocket } from "node:tls";
import type { Address } from "../../base/address.ts";
import type { Bytes } from "../../base/bytes.ts";
import { ERROR_CODES, MeshError, toMeshError } from "../../base/errors.ts";
import { shortId } from "../../base/id.ts";
import type { Log, Millis, Timer } from "../../base/ports.ts";
import { reasonBytes } from "../close-reason.ts";
import type { LivenessClock } from "../liveness.ts";
import type { ChunkWriter } from "../mux/chunk-writer.ts";
import { MuxConnection, type MuxHost } from "../mux/mux-connection.ts";
import type { Dialling } from "../sockets/dialling.ts";
import type { StagingPool } from "../staging.ts";
import type { CloseInfo, TransportLimits } from "../transport.ts";
import { dialFailure, dialRefusal, lossOf } from "./failure.ts";
import { provenPeer } from "./proof.ts";
import type { Turns, TurnTaker } from "./turns.ts";

/** How long a closed connection's last words may take to get through before its socket goes. */
const LINGER: Millis = 1_000;

/** Bytes a socket may hold in this process: what waits longer can still be overtaken by what is more urgent. */
const SOCKET_BYTES_MAX = 128 << 10;

/**
 * How a link ends: its last words get their time; or the socket goes at once; or, where the peer was silent for too long,
 * only after it has had the time to come to the same conclusion by itself.
 */
type Leave = "no" | "with words" | "at once" | "in silence";

/** What a link needs of its transport. */
export interface LinkHome {
  readonly clock: LivenessClock;
  readonly limits: TransportLimits;
  readonly log: Log | undefined;
  readonly pool: StagingPool;
  readonly writer: ChunkWriter;
  readonly turns: Turns;
  /** A chunk was handed to a socket, or came from one. */
  sent(): void;
  received(): void;
  /** The connection can be used: `link.connection` is there. */
  opened(link: TlsLink): void;
  /** The connection is over, or will never be. Its socket may still be there. */
  left(link: TlsLink): void;
  /** The socket is gone. */
  gone(link: TlsLink): void;
}

/** One socket of TLS and the connection over it, from the handshake to the last byte. */
export class TlsLink implements MuxHost, TurnTaker {
  queued = false;
  readonly address: Address;
  readonly #home: LinkHome;
  readonly #socket: TLSSocket;
  /** Who waits for it; nobody where the peer dialled. */
  readonly #dialling: Dialling | undefined;
  #mux: MuxConnection | undefined;
  #open = false;
  #leaving: Leave = "no";
  #full = false;
  #ended = false;
  #error: NodeJS.ErrnoException | undefined;
  #linger: Timer | undefined;

  constructor(home: LinkHome, socket: TLSSocket, address: Address, dialling?: Dialling) {
    this.#home = home;
    this.#socket = socket;
    this.address = address;
    this.#dialling = dialling;
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("close", () => this.#closed());
    socket.on("drain", () => {
      this.#full = false;
      this.touch();
    });
  }

  get clock(): LivenessClock {
    return this.#home.clock;
  }

  get limits(): TransportLimits {
    return this.#home.limits;
  }

  get pool(): StagingPool {
    return this.#home.pool;
  }

  get writer(): ChunkWriter {
    return this.#home.writer;
  }

  get dialled(): boolean {
    return this.#dialling !== undefined;
  }

  /** The connection, once the handshake is done. */
  get connection(): MuxConnection | undefined {
    return this.#mux;
  }

  /** The handshake of TLS is done: judges the peer and says hello; a refused peer learns why. */
  shaken(): void {
    try {
      const peer = provenPeer(this.#socket, this.#dialling?.expect);
      const remoteAddress = this.address;
      this.#mux = new MuxConnection(this, {
        kind: "tls",
        peer,
        dialled: this.dialled,
        remoteAddress,
      });
    } catch (cause) {
      this.#refuse(toMeshError(cause));
      return;
    }
    this.#socket.on("data", (buffer) => {
      this.#home.received();
      // The slice of a Buffer is no copy, as that of any other array is.
      const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
      this.#home.turns.receive(this, bytes);
    });
    this.touch();
  }

  /** Tells a peer that was not let in why, and goes. */
  #refuse(error: MeshError): void {
    const { writer } = this.#home;
    writer.begin();
    writer.close(ERROR_CODES[error.code].wire, reasonBytes(error.message));
    this.#socket.write(writer.finish() as Bytes);
    this.#home.sent();
    this.#leave("with words");
    this.#dialling?.fail(error);
    this.#socket.resume();
    this.#depart();
  }

  /** Ends what has not become a connection, without a word to the peer. */
  giveUp(error: MeshError): void {
    if (this.#open || this.#leaving !== "no") return;
    this.#leave("at once");
    this.#dialling?.fail(error);
    this.#socket.destroy();
  }

  /** Ends the connection, or what would have become one. */
  close(code: number, reason: string): void {
    if (this.#open) this.#mux?.close(code, reason);
    else this.giveUp(new MeshError("closed", "the transport was closed"));
  }

  // Called by the turns.

  take(bytes: Bytes): void {
    this.#guarded(() => this.#mux?.receive(bytes, 0, bytes.length));
  }

  turn(): void {
    this.#guarded(() => this.#mux?.turn());
    while (!this.#full || this.#leaving !== "no") if (!this.#sendChunk()) break;
    if (this.#leaving !== "no") this.#depart();
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (cause) {
      this.#callbackFailed(cause);
    }
  }

  #callbackFailed(cause: unknown): void {
    const mux = this.#mux;
    if (mux === undefined) return;
    const { message } = toMeshError(cause);
    this.#home.log?.write("error", "callback_failed", { peer: shortId(mux.peer), message });
    mux.fail();
  }

  /** False where there was nothing to send, or nowhere to. */
  #sendChunk(): boolean {
    if (!this.#socket.writable) return false;
    const chunk = this.#mux?.collect();
    if (chunk === undefined) return false;
    this.#home.sent();
    this.#full = !this.#socket.write(chunk) && this.#socket.writableLength >= SOCKET_BYTES_MAX;
    return true;
  }

  // Called by the connection.

  touch(): void {
    this.#home.turns.touch(this);
  }

  flush(): void {
    if (!this.#full && this.#leaving === "no") this.#sendChunk();
  }

  greeted(): void {
    const mux = this.#mux;
    if (mux === undefined || this.#leaving !== "no") return;
    this.#open = true;
    this.#home.opened(this);
    this.#dialling?.succeed(mux);
  }

  ended(info: CloseInfo): void {
    const wasOpen = this.#open;
    if (info.by === "timeout") this.#leave("in silence");
    else this.#leave(info.by === "peer" ? "at once" : "with words");
    if (!wasOpen)
      this.#dialling?.fail(info.by === "peer" ? dialRefusal(info) : dialFailure(this.#error));
  }

  #leave(how: Leave): void {
    if (this.#leaving === "no") this.#leaving = how;
    this.#home.left(this);
  }

  /** Lets go of the socket: at once, or when what was written has had its time. */
  #depart(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#leaving === "at once") {
      this.#socket.destroy();
      return;
    }
    if (this.#leaving === "with words") this.#socket.end();
    this.#linger = this.#home.clock.timer(LINGER, () => this.#socket.destroy());
  }

  #closed(): void {
    this.#linger?.cancel();
    this.#mux?.lose(lossOf(this.#error));
    this.#leave("at once");
    this.#dialling?.fail(dialFailure(this.#error));
    this.#home.gone(this);
  }
}
