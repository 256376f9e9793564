import type { RemoteInfo } from "node:dgram";
import { type Address, parseHostPort } from "../../base/address.ts";
import type { Bytes } from "../../base/bytes.ts";
import { MeshError, toMeshError } from "../../base/errors.ts";
import type { Log } from "../../base/ports.ts";
import { plainAddress } from "../ip-text.ts";
import { assertRaw, isRaw } from "../raw-datagram.ts";
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
import { AddressBook, type AddressWords } from "./address-words.ts";
import { Endpoint, type Outlet } from "./endpoint.ts";
import { UdpSocket } from "./socket.ts";

const ANY_HOST = "[::]:0" as Address;
const ANY_HOST_WITHOUT_IPV6 = "0.0.0.0:0" as Address;

export interface QuicOptions {
  readonly identity: TransportIdentity;
  readonly limits?: Partial<TransportLimits>;
  readonly log?: Log;
}

/** A transport over QUIC version 1 on one UDP socket. See the contract in transport.ts. */
export class QuicTransport implements Transport, Outlet {
  readonly kind = "quic";
  onConnection: ((connection: Connection) => void) | undefined;
  onRaw: ((bytes: Bytes, from: Address) => void) | undefined;
  readonly #options: QuicOptions;
  readonly #limits: TransportLimits;
  readonly #book = new AddressBook();
  #endpoint: Endpoint;
  #socket: UdpSocket | undefined;
  #binding: Promise<void> | undefined;
  #listening = false;
  /** A connection has come about. */
  #gotThrough = false;
  #closing: Promise<void> | undefined;
  #sent = 0;
  #received = 0;
  #dropped = 0;
  #restarts = 0;

  /** Throws `bad_config` where the identity is not one. */
  constructor(options: QuicOptions) {
    this.#options = options;
    this.#limits = { ...TRANSPORT_LIMITS, ...options.limits };
    this.#endpoint = this.#createEndpoint();
  }

  #createEndpoint(): Endpoint {
    const { identity, log } = this.#options;
    return new Endpoint(identity, this.#limits, this, this.#book, log);
  }

  async listen(address: Address): Promise<Address> {
    this.#assertOpen();
    if (this.#listening) throw new MeshError("bad_config", "the transport listens already");
    this.#listening = true;
    try {
      const socket = await this.#bind(address);
      // Connections that were dialled before move to the new socket.
      const former = this.#socket;
      this.#socket = socket;
      this.#endpoint.core.acceptArrivals(true);
      await former?.close();
      return socket.address;
    } catch (cause) {
      this.#listening = false;
      throw cause;
    }
  }

  async #bind(address: Address): Promise<UdpSocket> {
    const socket = await UdpSocket.bind(address, (bytes, from) => this.#receive(bytes, from));
    if (this.#closing === undefined) return socket;
    await socket.close();
    throw closedError();
  }

  /** A socket for whoever dials without listening. */
  #bindAnywhere(): Promise<void> {
    this.#binding ??= this.#bind(ANY_HOST)
      .catch(() => this.#bind(ANY_HOST_WITHOUT_IPV6))
      .then(async (socket) => {
        // Somebody may have begun to listen meanwhile.
        if (this.#socket === undefined) this.#socket = socket;
        else await socket.close();
      })
      .finally(() => {
        this.#binding = undefined;
      });
    return this.#binding;
  }

  async dial(address: Address, options: DialOptions): Promise<Connection> {
    this.#assertOpen();
    if (this.#socket === undefined && options.signal?.aborted !== true) {
      await this.#bindAnywhere();
      this.#assertOpen();
    }
    if (options.signal?.aborted) throw new MeshError("cancelled", "the dial was cancelled");
    const { host, port } = parseHostPort(address);
    const words = this.#reachable(host);
    if (words === undefined || port === 0) {
      throw new MeshError("dial_failed", `${address} can't be reached from this socket`);
    }
    const connection = await this.#endpoint.dial(words, port, options);
    this.#gotThrough = true;
    return connection;
  }

  /** The words of an IP literal that the socket's family can reach. */
  #reachable(host: string): AddressWords | undefined {
    if (host.includes(":") && this.#socket?.dual === false) return undefined;
    return this.#book.words(host);
  }

  sendRaw(address: Address, bytes: Bytes): void {
    if (this.#socket === undefined || bytes.length === 0) return;
    assertRaw(bytes);
    const { host, port } = parseHostPort(address);
    if (port === 0 || this.#reachable(host) === undefined) return;
    this.send(bytes.slice(), 0, bytes.length, port, host);
  }

  state(): TransportState {
    const driver = {
      kind: this.kind,
      connections: this.#endpoint.established,
      address: this.#listening ? this.#socket?.address : undefined,
      problem: undefined,
    };
    return { drivers: [driver], datagrams: this.#gotThrough ? "works" : "unknown" };
  }

  stats(): TransportStats {
    return {
      connections: this.#endpoint.established,
      handshakes: this.#endpoint.core.handshakes,
      datagramsSent: this.#sent,
      datagramsReceived: this.#received,
      datagramsDropped: this.#dropped + this.#endpoint.core.dropped,
      restarts: this.#restarts,
    };
  }

  close(code = 0, reason = ""): Promise<void> {
    this.#closing ??= this.#shutDown(code, reason);
    return this.#closing;
  }

  async #shutDown(code: number, reason: string): Promise<void> {
    this.#endpoint.closeAll(code, reason);
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#endpoint.turn();
    this.#endpoint.abandon();
    await this.#binding?.catch(() => {});
    const socket = this.#socket;
    this.#socket = undefined;
    await socket?.close();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  #receive(bytes: Bytes, from: RemoteInfo): void {
    this.#received++;
    if (isRaw(bytes)) {
      this.#receiveRaw(bytes, from);
      return;
    }
    // Nobody can be answered at port 0.
    const words = from.port === 0 ? undefined : this.#book.words(from.address);
    if (words === undefined) this.#dropped++;
    else this.#endpoint.receive(bytes, words, from.port);
  }

  #receiveRaw(bytes: Bytes, from: RemoteInfo): void {
    if (bytes.length === 0 || from.port === 0 || this.onRaw === undefined) {
      this.#dropped++;
      return;
    }
    try {
      this.onRaw(bytes, plainAddress(from.address, from.port));
    } catch (cause) {
      const { message } = toMeshError(cause);
      this.#options.log?.write("error", "callback_failed", { message });
    }
  }

  // Called by the endpoint.

  send(bytes: Uint8Array, start: number, length: number, port: number, ip: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#sent++;
    socket.send(bytes, start, length, port, ip);
  }

  arrived(connection: Connection): void {
    this.#gotThrough = true;
    this.onConnection?.(connection);
  }

  /** The core trapped: its connections are lost, the socket and the process are not. */
  failed(cause: unknown): void {
    const { message } = toMeshError(cause);
    const { log } = this.#options;
    log?.write("error", "quic_restart", { message });
    const former = this.#endpoint;
    this.#dropped += former.core.dropped;
    this.#restarts++;
    try {
      this.#endpoint = this.#createEndpoint();
      this.#endpoint.core.acceptArrivals(this.#listening);
    } catch (failure) {
      log?.write("error", "quic_lost", { message: toMeshError(failure).message });
      void this.close();
    }
    former.abandon();
  }

  /** Makes the core trap, for the test of `failed`. */
  failForTest(): void {
    this.#endpoint.core.fail();
  }
}

function closedError(): MeshError {
  return new MeshError("closed", "the transport is closed");
}

/** A transport over QUIC. Throws `bad_config` where the identity is not one. */
export function createQuicTransport(options: QuicOptions): QuicTransport {
  return new QuicTransport(options);
}
