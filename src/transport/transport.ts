import type { Address } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Credentials } from "../identity/certificate.ts";

/*
 * The contract every driver keeps; test/contract/ checks each sentence of it over each driver.
 *
 * - Both ends present a self-signed Ed25519 certificate. Neither `dial` resolves nor `onConnection` is
 *   called before the peer's certificate is verified, so a `Connection` always has a proven `peer`.
 * - All callbacks run synchronously inside the driver's turn, never inside a call into the driver,
 *   except where a method says so. A callback that throws closes its connection, not the process.
 * - Bytes handed to a callback are valid only until it returns, unless the receiver copies them. The
 *   receiver may write to them: the driver will not read them again.
 * - Bytes handed to the driver are copied before the method returns.
 * - What is written in one turn of the event loop leaves together.
 * - A driver over datagrams (`quic`, `memory`) has one socket for everything. One over the system's connections (`tls`)
 *   has a socket for each: it dials from the address it listens on, but from a port of its own; its connections end
 *   where their address changes; and it carries no raw datagrams.
 * - Every handler may be set once, synchronously, in the callback or continuation that hands the object
 *   out; until then nothing is delivered on it, and nothing is lost.
 */

/** Who this process is towards its peers. */
export type TransportIdentity = Credentials;

export interface TransportLimits {
  /** Silence after which a connection counts as lost. */
  readonly idleTimeout: Millis;
  /** Own silence after which the driver says something; 0 switches that off. Below `idleTimeout`. */
  readonly keepAlive: Millis;
  /** Streams the peer may have open at once on one connection; it waits for credit beyond. */
  readonly streamsMax: number;
  /** Bytes the peer may send ahead of our reading, on one stream and on one connection. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** Connections, established or not. Beyond, a dial fails and an arrival is refused. */
  readonly connectionsMax: number;
  /**
   * Arrivals that have not finished their handshake. Beyond, addresses must prove themselves first (Retry); where TCP
   * has proven them already, they are cut off.
   */
  readonly handshakesMax: number;
  /** Time an arrival has to finish its handshake. */
  readonly handshakeTimeout: Millis;
}

export const TRANSPORT_LIMITS: TransportLimits = {
  idleTimeout: 15_000,
  keepAlive: 5_000,
  streamsMax: 256,
  streamWindow: 2 << 20,
  connectionWindow: 16 << 20,
  connectionsMax: 4_096,
  handshakesMax: 64,
  handshakeTimeout: 5_000,
};

export interface DialOptions {
  /** Refuse any other node at that address, with `id_mismatch`. */
  readonly expect?: NodeId;
  readonly timeout: Millis;
  readonly signal?: AbortSignal;
  /**
   * Dial over datagrams and nothing else, because raw ones have `opened` the way; or because such a connection is `wanted`
   * in place of one without them that lives, so that silence tells that they are blocked. A driver without fails at once.
   */
  readonly datagrams?: "opened" | "wanted";
}

/** A way to reach addresses: listening, dialling and, where there are packets, raw datagrams. */
export interface Transport {
  /** The name of the driver: `quic`, `tls`, `memory`. */
  readonly kind: string;
  /** Called with each verified arrival. Set before `listen`, or synchronously in the continuation of it. */
  onConnection: ((connection: Connection) => void) | undefined;
  /** Called with each datagram that is not the driver's own: first byte without bit 0x40. */
  onRaw: ((bytes: Bytes, from: Address) => void) | undefined;

  /**
   * Binds the socket and accepts arrivals; resolves to the bound address. Port 0 takes a free port. Without
   * a call to it nobody arrives, whatever port a dial leaves from.
   *
   * @throws {MeshError} `address_in_use`, `bad_config`, `closed`.
   */
  listen(address: Address): Promise<Address>;

  /**
   * Connects from the listening socket, or at least its host. Settles by `timeout` or as soon as `signal` fires.
   *
   * @throws {MeshError} `dial_failed` (silence, refusal), `bad_certificate`, `id_mismatch`, `refused`
   *   (connections at their bound, or the peer closed with a code, which the message names), `cancelled`, `closed`.
   */
  dial(address: Address, options: DialOptions): Promise<Connection>;

  /**
   * Sends one datagram from the listening socket, outside any connection. A driver that carries none counts it as
   * dropped: like every datagram, it may not arrive.
   *
   * @throws {MeshError} `internal` where its first byte has bit 0x40.
   */
  sendRaw(address: Address, bytes: Bytes): void;

  /** How it stands, for `status` and for whoever depends on datagrams. */
  state(): TransportState;

  /** Plain figures for `status` and metrics. */
  stats(): TransportStats;

  /** Closes every connection with `code` and `reason`, then the socket. Idempotent. */
  close(code?: number, reason?: string): Promise<void>;
}

/** One driver of a transport. */
export interface DriverState {
  readonly kind: string;
  /** Verified connections that live. */
  readonly connections: number;
  /** Where it takes arrivals; `undefined` where it takes none. */
  readonly address: Address | undefined;
  /** Why it takes none though it should. */
  readonly problem: string | undefined;
}

export interface TransportState {
  /** The one that is dialled with first where nothing speaks against it comes first. */
  readonly drivers: readonly DriverState[];
  /**
   * Whether datagrams get through: `unknown` before any did, `blocked` where they get nowhere while another driver does, `unused`
   * where no driver sends any.
   */
  readonly datagrams: "works" | "blocked" | "unknown" | "unused";
}

export interface TransportStats {
  readonly connections: number;
  readonly handshakes: number;
  /** Datagrams; of a driver without, what was handed to its sockets and came from them at once. */
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  /** What was thrown away because it belonged to nothing, was malformed or has no way to leave; arrivals turned away. */
  readonly datagramsDropped: number;
  /** Times the driver's core had to be restarted after a fault. */
  readonly restarts: number;
}

/** Why a connection ended. */
export interface CloseInfo {
  readonly by: "local" | "peer" | "timeout" | "fault";
  /** The closer's code; 0 where nobody stated one. */
  readonly code: number;
  /** The closer's text, at most 256 bytes; for people and logs. */
  readonly reason: string;
}

export interface ConnectionHandler {
  /** The peer opened a stream. */
  onStream(stream: Stream): void;
  /** The end, once, whatever the cause. No callback of this connection or its streams follows. */
  onClose(info: CloseInfo): void;
}

/** A verified, encrypted connection to one node. */
export interface Connection {
  readonly peer: NodeId;
  /** The name of its driver. */
  readonly kind: string;
  /**
   * It goes by datagrams, from the one socket of each end. Where it doesn't, the end that has dialled is seen at an address at
   * which nobody can reach it.
   */
  readonly isDatagram: boolean;
  /** True where this side dialled. */
  readonly dialled: boolean;
  /** Where the peer's packets come from now; it changes when the peer's address does, where a connection outlives that. */
  readonly remoteAddress: Address;
  setHandler(handler: ConnectionHandler): void;

  /**
   * Opens a bidirectional stream; the peer learns of it with the first byte written. Waits while the peer's
   * stream credit is used up.
   *
   * @throws {MeshError} `link_lost` when the connection ends first, `cancelled` when `signal` fires.
   */
  open(signal?: AbortSignal): Promise<Stream>;

  /** Ends the connection at once; the peer sees code and reason (cut to 256 bytes). Idempotent. `onClose` follows. */
  close(code: number, reason: string): void;
}

export interface StreamHandler {
  /** `bytes[start, end)` arrived, in order. */
  onData(bytes: Bytes, start: number, end: number): void;
  /** The peer sent all it wanted. */
  onEnd(): void;
  /** The peer gave up sending. */
  onReset(code: number): void;
  /** The peer does not want more; writes are now ignored. */
  onStop(code: number): void;
  /** `write` has returned false before and there is room again. */
  onDrain(): void;
}

/** Ordered bytes both ways, with back-pressure. */
export interface Stream {
  /** Unique on its connection while it lives. */
  readonly id: number;
  /** Bytes written and not yet taken over by the transport's own bounded buffers. */
  readonly buffered: number;
  setHandler(handler: StreamHandler): void;

  /**
   * Queues a copy of `bytes[start, end)`. False means that `buffered` passed 256 KiB: write no more until
   * `onDrain`. Ignored after `end`, `reset`, a peer's stop, or the connection's end.
   */
  write(bytes: Bytes, start?: number, end?: number): boolean;

  /** Nothing more to send; what was written still arrives. */
  end(): void;
  /** Gives up sending: what has not arrived may be lost. The peer's `onReset` gets `code`. */
  reset(code: number): void;
  /** Wants no more data. The peer's `onStop` gets `code`. */
  stop(code: number): void;

  /** Stops `onData`; the peer may send on until the stream window is full. */
  pause(): void;
  resume(): void;

  /** Weight against the other streams of the connection: higher leaves first. 0 at the start. */
  setPriority(priority: number): void;
}
