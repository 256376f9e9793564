import type { Socket } from "node:net";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { type Address, parseHostPort } from "../../base/address.ts";
import type { Bytes } from "../../base/bytes.ts";
import { ERROR_CODES, MeshError } from "../../base/errors.ts";
import type { Log } from "../../base/ports.ts";
import { ipFamily } from "../ip-text.ts";
import type { LivenessClock } from "../liveness.ts";
import { ChunkWriter } from "../mux/chunk-writer.ts";
import { assertRaw } from "../raw-datagram.ts";
import { socketClock } from "../sockets/clock.ts";
import { Dialling } from "../sockets/dialling.ts";
import { StagingPool } from "../staging.ts";
import {
  type Connection,
  type DialOptions,
  TRANSPORT_LIMITS,
  type Transport,
  type TransportIdentity,
  type TransportLimits,
  type TransportState,
  type TransportStats,
} from "../transport.ts";
import { createContext, HANDSHAKE } from "./credentials.ts";
import { type Doorkeeper, Listener } from "./listener.ts";
import { type LinkHome, TlsLink } from "./tls-link.ts";
import { Turns } from "./turns.ts";

export interface TlsOptions {
  readonly identity: TransportIdentity;
  readonly limits?: Partial<TransportLimits>;
  readonly log?: Log;
}

/** An arrival that was not handed out yet. */
interface Arrival {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
}

/** A transport over TLS 1.3 on TCP, for networks that carry no UDP. See the contract in transport.ts. */
export class TlsTransport implements Transport, LinkHome, Doorkeeper {
  readonly kind = "tls";
  readonly clock: LivenessClock = socketClock;
  readonly limits: TransportLimits;
  readonly log: Log | undefined;
  readonly pool: StagingPool = new StagingPool();
  readonly writer: ChunkWriter = new ChunkWriter();
  readonly turns: Turns = new Turns();
  onConnection: ((connection: Connection) => void) | undefined;
  /** Never called: TCP carries no datagrams. */
  onRaw: ((bytes: Bytes, from: Address) => void) | undefined;
  readonly #identity: TransportIdentity;
  readonly #context: SecureContext;
  /** Arrivals by their address, until they are handed out or refused. */
  readonly #arrivals = new Map<Address, Arrival>();
  readonly #links = new Set<TlsLink>();
  readonly #open = new Set<TlsLink>();
  #listening = false;
  #listener: Listener | undefined;
  #closing: Promise<void> | undefined;
  /** Called when the last link is gone. */
  #onEmpty: () => void = () => {};
  #sent = 0;
  #received = 0;
  #dropped = 0;

  /** Throws `bad_config` where the identity is not one. */
  constructor(options: TlsOptions) {
    this.#identity = options.identity;
    this.limits = { ...TRANSPORT_LIMITS, ...options.limits };
    this.log = options.log;
    this.#context = createContext(options.identity);
  }

  async listen(address: Address): Promise<Address> {
    this.#assertOpen();
    if (this.#listening) throw new MeshError("bad_config", "the transport listens already");
    this.#listening = true;
    try {
      const listener = await Listener.bind(address, this.#identity, this);
      if (this.#closing !== undefined) {
        await listener.close();
        throw closedError();
      }
      this.#listener = listener;
      return listener.address;
    } catch (cause) {
      this.#listening = false;
      throw cause;
    }
  }

  async dial(address: Address, options: DialOptions): Promise<Connection> {
    this.#assertOpen();
    if (options.signal?.aborted) throw new MeshError("cancelled", "the dial was cancelled");
    const { host, port } = parseHostPort(address);
    const family = ipFamily(host);
    if (family === 0 || port === 0) {
      throw new MeshError("dial_failed", `${address} can't be reached`);
    }
    if (options.datagrams !== undefined) {
      throw new MeshError("dial_failed", "TCP carries no datagrams");
    }
    if (this.#sockets >= this.limits.connectionsMax) {
      throw new MeshError("refused", "the bound on connections is reached");
    }
    const socket = connect({
      host,
      port,
      ...this.#origin(family),
      secureContext: this.#context,
      ...HANDSHAKE,
      // An IP literal is no name that a server could be chosen by.
      servername: "",
    });
    socket.setNoDelay(true);
    return this.#dial(socket, address, options);
  }

  #dial(socket: TLSSocket, address: Address, options: DialOptions): Promise<Connection> {
    const dialling = new Dialling(options.expect);
    const link = new TlsLink(this, socket, address, dialling);
    this.#links.add(link);
    socket.once("secureConnect", () => link.shaken());
    dialling.watch(options.timeout, options.signal, (late) => {
      const error = late
        ? new MeshError("dial_failed", `no answer within ${options.timeout} ms`)
        : new MeshError("cancelled", "the dial was cancelled");
      link.giveUp(error);
    });
    return dialling.promise;
  }

  /** Who listens on one address of several dials from it too. The port is another: TCP binds one to one purpose. */
  #origin(family: 4 | 6): { readonly localAddress?: string } {
    if (this.#listener === undefined) return {};
    const { host } = parseHostPort(this.#listener.address);
    const any = host === "0.0.0.0" || host === "::";
    return any || ipFamily(host) !== family ? {} : { localAddress: host };
  }

  /** Counts the datagram as dropped. Throws `internal` like a driver that would send it. */
  sendRaw(_address: Address, bytes: Bytes): void {
    assertRaw(bytes);
    this.#dropped++;
  }

  state(): TransportState {
    const driver = {
      kind: this.kind,
      connections: this.#open.size,
      address: this.#listener?.address,
      problem: undefined,
    };
    return { drivers: [driver], datagrams: "unused" };
  }

  stats(): TransportStats {
    return {
      connections: this.#open.size,
      handshakes: this.#arrivals.size,
      datagramsSent: this.#sent,
      datagramsReceived: this.#received,
      datagramsDropped: this.#dropped,
      restarts: 0,
    };
  }

  close(code = 0, reason = ""): Promise<void> {
    this.#closing ??= this.#shutDown(code, reason);
    return this.#closing;
  }

  async #shutDown(code: number, reason: string): Promise<void> {
    const closed = this.#listener?.close();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const link of [...this.#links]) link.close(code, reason);
    for (const { socket } of [...this.#arrivals.values()]) socket.destroy();
    if (this.#links.size > 0) await empty;
    await closed;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  /** All that have a socket: connections, dials, arrivals, and those that take their leave. */
  get #sockets(): number {
    return this.#links.size + this.#arrivals.size;
  }

  // Called by the listener.

  admits(): boolean {
    const { connectionsMax, handshakesMax } = this.limits;
    const room = this.#sockets < connectionsMax && this.#arrivals.size < handshakesMax;
    if (room && this.#closing === undefined) return true;
    this.#dropped++;
    return false;
  }

  arriving(socket: Socket, address: Address): void {
    const timer = setTimeout(() => {
      this.#settle(address);
      socket.destroy();
    }, this.limits.handshakeTimeout);
    this.#arrivals.set(address, { socket, timer });
    // Reset connections are no news; what it was is told where the handshake is.
    socket.on("error", () => {});
    socket.once("close", () => this.#settle(address));
  }

  shaken(socket: TLSSocket, address: Address): void {
    const link = new TlsLink(this, socket, address);
    this.#links.add(link);
    link.shaken();
  }

  /** The arrival at `address` is handed out, refused or gone. */
  #settle(address: Address): void {
    const arrival = this.#arrivals.get(address);
    if (arrival === undefined) return;
    clearTimeout(arrival.timer);
    this.#arrivals.delete(address);
  }

  // Called by the links.

  sent(): void {
    this.#sent++;
  }

  received(): void {
    this.#received++;
  }

  opened(link: TlsLink): void {
    this.#open.add(link);
    if (link.dialled) return;
    this.#settle(link.address);
    const { connection } = link;
    if (connection === undefined) return;
    if (this.onConnection === undefined) {
      connection.close(ERROR_CODES.refused.wire, "this node takes no connections");
    } else this.onConnection(connection);
  }

  left(link: TlsLink): void {
    this.#open.delete(link);
    if (!link.dialled) this.#settle(link.address);
  }

  gone(link: TlsLink): void {
    this.#links.delete(link);
    if (this.#links.size === 0) this.#onEmpty();
  }
}

function closedError(): MeshError {
  return new MeshError("closed", "the transport is closed");
}

/** A transport over TLS. Throws `bad_config` where the identity is not one. */
export function createTlsTransport(options: TlsOptions): TlsTransport {
  return new TlsTransport(options);
}
