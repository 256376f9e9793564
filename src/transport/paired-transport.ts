import { type Address, parseHostPort, toAddress } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import { ERROR_CODES, MeshError, toMeshError } from "../base/errors.ts";
import type { Clock, Log, Millis } from "../base/ports.ts";
import { DatagramSense } from "./datagram-sense.ts";
import { type Lane, raceDials } from "./dial-race.ts";
import type {
  Connection,
  DialOptions,
  DriverState,
  Transport,
  TransportState,
  TransportStats,
} from "./transport.ts";

/**
 * How long one driver dials alone. Longer than the 300 ms after which a first packet of QUIC that got lost goes again, so that
 * one loss does not begin a second handshake; within the 100 ms to 2 s that RFC 8305 (section 5) leaves for it.
 */
export const HEAD_START: Millis = 400;

/** Ports that are tried where any will do that both drivers can have. */
const PORTS_TRIED_MAX = 8;

export interface PairedOptions {
  /** Carries datagrams. May listen already. */
  readonly preferred: Transport;
  /** The driver for networks that carry none: made when it is first needed. */
  readonly fallback: { readonly kind: string; readonly make: () => Promise<Transport> };
  readonly clock: Clock;
  readonly log?: Log | undefined;
}

/**
 * A driver over datagrams with another one behind it, for hosts that those don't reach. Both listen at one port number. Which of
 * them a dial begins with follows from how dials went; docs/decisions/0010 says how.
 */
export class PairedTransport implements Transport {
  readonly kind: string;
  onConnection: ((connection: Connection) => void) | undefined;
  readonly #preferred: Transport;
  readonly #options: PairedOptions;
  readonly #sense = new DatagramSense();
  /** The one that dials. */
  #fallback: Promise<Transport> | undefined;
  /** All that were made and not closed: the one that dials, and one from before this node listened. */
  readonly #made = new Set<Transport>();
  /** Why the fallback does not listen. */
  #problem: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PairedOptions) {
    this.#options = options;
    this.#preferred = options.preferred;
    this.kind = `${options.preferred.kind}+${options.fallback.kind}`;
    this.#preferred.onConnection = (connection) => {
      this.#gotThrough();
      this.#arrived(connection);
    };
  }

  get onRaw(): ((bytes: Bytes, from: Address) => void) | undefined {
    return this.#preferred.onRaw;
  }

  set onRaw(told: ((bytes: Bytes, from: Address) => void) | undefined) {
    this.#preferred.onRaw = told;
  }

  /**
   * Binds one port number for both. Where the fallback can't have the port that was asked for, the preferred driver listens alone: `state`
   * and a line in the log say so.
   */
  async listen(address: Address): Promise<Address> {
    this.#assertOpen();
    if (parseHostPort(address).port === 0) return await this.#listenAtAnyPort(address);
    const bound = await this.#preferred.listen(address);
    try {
      await this.#listenBehind(bound);
    } catch (cause) {
      this.#listensAlone(bound, toMeshError(cause));
    }
    return bound;
  }

  async #listenAtAnyPort(address: Address): Promise<Address> {
    const { host } = parseHostPort(address);
    for (let tried = 1; ; tried++) {
      let offered: { readonly transport: Transport; readonly address: Address };
      try {
        offered = await this.#listenBehind(address);
      } catch (cause) {
        const bound = await this.#preferred.listen(address);
        this.#listensAlone(bound, toMeshError(cause));
        return bound;
      }
      try {
        return await this.#preferred.listen(toAddress(host, parseHostPort(offered.address).port));
      } catch (cause) {
        await this.#discard(offered.transport);
        const isTaken = toMeshError(cause).code === "address_in_use";
        if (!isTaken || tried === PORTS_TRIED_MAX) throw cause;
      }
    }
  }

  /** A fallback of its own for each port: one that listens can't be moved. */
  async #listenBehind(address: Address): Promise<{ transport: Transport; address: Address }> {
    const transport = await this.#make();
    try {
      const bound = await transport.listen(address);
      this.#fallback = Promise.resolve(transport);
      return { transport, address: bound };
    } catch (cause) {
      await this.#discard(transport);
      throw cause;
    }
  }

  #listensAlone(bound: Address, { message }: MeshError): void {
    const { fallback, log } = this.#options;
    this.#problem = `it does not listen: ${message}; nodes without UDP can't dial this one`;
    const fields = { driver: fallback.kind, address: bound, reason: message };
    log?.write("warn", "fallback_not_listening", fields);
  }

  async dial(address: Address, options: DialOptions): Promise<Connection> {
    this.#assertOpen();
    const { host } = parseHostPort(address);
    const preferred = this.#preferredLane(address);
    if (options.datagrams !== undefined) {
      return await preferred.dial(options).catch((cause) => {
        const isSilent = toMeshError(cause).code === "dial_failed";
        if (options.datagrams === "wanted" && isSilent) this.#wasSilent(host);
        throw cause;
      });
    }
    let isAnswered = false;
    const watched: Lane = {
      kind: preferred.kind,
      dial: (own) =>
        preferred.dial(own).finally(() => {
          isAnswered = true;
        }),
    };
    const isBlocked = this.#sense.state === "blocked";
    const fallback: Lane = {
      kind: this.#options.fallback.kind,
      dial: async (own) => {
        const connection = await (await this.#usual()).dial(address, own);
        if (!isAnswered && !isBlocked) this.#wasSilent(host);
        return connection;
      },
    };
    const lanes: [Lane, Lane] = isBlocked ? [fallback, watched] : [watched, fallback];
    return await raceDials(this.#options.clock, lanes, HEAD_START, options);
  }

  #preferredLane(address: Address): Lane {
    return {
      kind: this.#preferred.kind,
      dial: async (options) => {
        const connection = await this.#preferred.dial(address, options);
        this.#gotThrough();
        return connection;
      },
    };
  }

  sendRaw(address: Address, bytes: Bytes): void {
    this.#preferred.sendRaw(address, bytes);
  }

  state(): TransportState {
    const { kind } = this.#options.fallback;
    const states = [...this.#made].flatMap((it) => it.state().drivers);
    const fallback: DriverState = {
      kind,
      connections: states.reduce((sum, { connections }) => sum + connections, 0),
      address: states.findLast(({ address }) => address !== undefined)?.address,
      problem: this.#problem,
    };
    return {
      drivers: [...this.#preferred.state().drivers, fallback],
      datagrams: this.#sense.state,
    };
  }

  stats(): TransportStats {
    const all = [this.#preferred, ...this.#made].map((it) => it.stats());
    const sum = (of: (stats: TransportStats) => number): number =>
      all.reduce((total, stats) => total + of(stats), 0);
    return {
      connections: sum((it) => it.connections),
      handshakes: sum((it) => it.handshakes),
      datagramsSent: sum((it) => it.datagramsSent),
      datagramsReceived: sum((it) => it.datagramsReceived),
      datagramsDropped: sum((it) => it.datagramsDropped),
      restarts: sum((it) => it.restarts),
    };
  }

  close(code = 0, reason = ""): Promise<void> {
    this.#closing ??= this.#shutDown(code, reason);
    return this.#closing;
  }

  async #shutDown(code: number, reason: string): Promise<void> {
    const all = [this.#preferred, ...this.#made];
    await Promise.all(all.map((transport) => transport.close(code, reason)));
  }

  #usual(): Promise<Transport> {
    this.#fallback ??= this.#make().catch((cause) => {
      this.#fallback = undefined;
      throw cause;
    });
    return this.#fallback;
  }

  async #make(): Promise<Transport> {
    const transport = await this.#options.fallback.make();
    if (this.#closing !== undefined) {
      await transport.close();
      throw closed();
    }
    this.#made.add(transport);
    transport.onConnection = (connection) => this.#arrived(connection);
    return transport;
  }

  async #discard(transport: Transport): Promise<void> {
    this.#made.delete(transport);
    this.#fallback = undefined;
    await transport.close();
  }

  #arrived(connection: Connection): void {
    if (this.onConnection !== undefined) this.onConnection(connection);
    else connection.close(ERROR_CODES.refused.wire, "this node takes no connections");
  }

  #gotThrough(): void {
    this.#learn(() => this.#sense.gotThrough());
  }

  #wasSilent(host: string): void {
    const { drivers } = this.#preferred.state();
    const open = drivers.reduce((sum, { connections }) => sum + connections, 0);
    this.#learn(() => this.#sense.wasSilent(host, open));
  }

  #learn(lesson: () => void): void {
    const before = this.#sense.state;
    lesson();
    const { state } = this.#sense;
    if (state === "blocked" && before !== state) this.#options.log?.write("warn", "udp_blocked");
    if (state === "works" && before === "blocked") this.#options.log?.write("info", "udp_works");
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }
}

function closed(): MeshError {
  return new MeshError("closed", "the transport is closed");
}
