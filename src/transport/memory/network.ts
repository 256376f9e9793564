import { type Address, parseHostPort, toAddress } from "../../base/address.ts";
import type { Bytes } from "../../base/bytes.ts";
import { MeshError } from "../../base/errors.ts";
import { type NodeId, sameId } from "../../base/id.ts";
import type { Clock, Millis, Random } from "../../base/ports.ts";
import { readCertificate } from "../../identity/certificate.ts";
import { TRANSPORT_LIMITS, type TransportIdentity, type TransportLimits } from "../transport.ts";
import { Conditions, LINK_PROFILE, type LinkProfile } from "./conditions.ts";
import { type Frame, frameBytes, type Proof } from "./frames.ts";
import type { MemoryConnection } from "./memory-connection.ts";
import { type Carrier, MemoryTransport } from "./memory-transport.ts";
import { Nats } from "./nats.ts";
import { Slab } from "./slab.ts";

/** Ports taken for `port 0`: those that systems use for it. */
const FREE_PORTS_FROM = 49_152;
const FREE_PORTS_TO = 65_535;

/** Wait before a handshake packet is repeated, and the longest wait before any packet is. */
const FIRST_REPEAT: Millis = 300;
const LAST_REPEAT: Millis = 1_000;

/** Sees everything that arrives, in order. `bytes` are only good during the call. */
export interface MemoryTap {
  delivered(what: string, from: Address, to: Address, bytes: Bytes): void;
}

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Decides delays and losses. */
  readonly random: Random;
  /** How links are that nobody has set. One millisecond each way and no loss when left out. */
  readonly link?: Partial<LinkProfile>;
  /** Stands in for the check of certificates where a world is too large for it. */
  readonly verify?: (certificate: Bytes) => NodeId;
  readonly tap?: MemoryTap;
}

export interface MemoryTransportOptions {
  readonly identity: TransportIdentity;
  /** An address of its host; the IP counts, the port does not. */
  readonly address: Address;
  readonly limits?: Partial<TransportLimits>;
  /** It stands for a driver over datagrams; true when left out. */
  readonly isDatagram?: boolean;
}

/** What is written in one turn on one connection: travels, gets lost and arrives as one. */
interface Flight {
  readonly transport: MemoryTransport;
  readonly connection: MemoryConnection;
  readonly frames: readonly Frame[];
  attempt: number;
}

/**
 * A network within one process, in virtual time, without any state outside itself.
 *
 * What QUIC does with packets is done here with what one turn has written: it takes the delay of the link,
 * a loss delays it by a repetition while other streams go on, and nothing gets through a cut. Bandwidth is
 * not limited; flow control is.
 */
export class MemoryNetwork implements Carrier {
  readonly clock: Clock;
  /** The weather: profiles, cuts, partitions. May be changed at any time. */
  readonly conditions: Conditions;
  /** Who stands behind which NAT. To be placed before the first packet. */
  readonly nats: Nats = new Nats();
  readonly slab: Slab = new Slab();
  readonly #tap: MemoryTap | undefined;
  readonly #check: (certificate: Bytes) => NodeId;
  readonly #verified = new WeakMap<Bytes, NodeId>();
  readonly #bound = new Map<Address, MemoryTransport>();
  #touched: MemoryConnection[] = [];
  #freePort = FREE_PORTS_FROM;

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.conditions = new Conditions(options.random, { ...LINK_PROFILE, ...options.link });
    this.#check = options.verify ?? readCertificate;
    this.#tap = options.tap;
  }

  /** A transport for one process on the host of `address`. Bound by its `listen` or first `dial`. */
  transport(options: MemoryTransportOptions): MemoryTransport {
    const ip = parseHostPort(options.address).host;
    return new MemoryTransport(this, {
      identity: options.identity,
      ip,
      host: this.conditions.host(ip),
      limits: { ...TRANSPORT_LIMITS, ...options.limits },
      isDatagram: options.isDatagram ?? true,
    });
  }

  /** Delivers any bytes to an address, as a stranger would. For tests with hostile packets. */
  inject(from: Address, to: Address, bytes: Bytes): void {
    this.clock.timer(0, () => this.#receiver(to, from)?.receiveRaw(bytes.slice(), from));
  }

  readonly verify = (proof: Proof): NodeId => {
    const known = this.#verified.get(proof.certificate);
    const id = known ?? this.#check(proof.certificate);
    this.#verified.set(proof.certificate, id);
    if (sameId(id, proof.holder)) return id;
    throw new MeshError("bad_certificate", "the peer does not hold the key of its certificate");
  };

  bind(transport: MemoryTransport, address: Address): Address {
    const { host, port } = parseHostPort(address);
    const wanted = port === 0 ? this.#freeAddress(host) : toAddress(host, port);
    if (this.#bound.has(wanted)) {
      throw new MeshError("address_in_use", `${wanted} is in use; choose another port or 0`);
    }
    this.#bound.set(wanted, transport);
    return wanted;
  }

  unbind(transport: MemoryTransport): void {
    const { address } = transport;
    if (address !== undefined && this.#bound.get(address) === transport)
      this.#bound.delete(address);
  }

  touch(connection: MemoryConnection): void {
    this.#touched.push(connection);
    if (this.#touched.length > 1) return;
    this.clock.timer(0, () => {
      const touched = this.#touched;
      this.#touched = [];
      for (const each of touched) each.turn();
    });
  }

  send(transport: MemoryTransport, connection: MemoryConnection, frames: readonly Frame[]): void {
    this.#launch({ transport, connection, frames, attempt: 0 });
  }

  sendRaw(transport: MemoryTransport, to: Address, bytes: Bytes): void {
    const from = this.#seenFrom(transport, to);
    const target = this.#owner(to);
    if (from === undefined || target === undefined) return;
    if (this.#lost(transport.host, target.host)) return;
    const copies = this.conditions.duplicates(transport.host, target.host) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const own = bytes.slice();
      this.clock.timer(this.conditions.delay(transport.host, target.host), () => {
        const there = this.#receiver(to, from);
        if (there === undefined) return;
        this.#tap?.delivered("raw", from, to, own);
        there.receiveRaw(own, from);
      });
    }
  }

  afterRoundTrip(transport: MemoryTransport, address: Address, action: () => void): void {
    const host = this.#owner(address)?.host;
    if (host === undefined || this.conditions.blocked(transport.host, host)) return;
    this.clock.timer(this.conditions.roundTrip(transport.host, host), action);
  }

  #launch(flight: Flight): void {
    const { connection, transport } = flight;
    const to = connection.remoteAddress;
    const from = this.#seenFrom(transport, to);
    const target = this.#owner(to);
    if (from === undefined || target === undefined || this.#lost(transport.host, target.host)) {
      this.#repeat(flight, target);
      return;
    }
    const now = this.clock.now();
    const usual = now + this.conditions.delay(transport.host, target.host);
    const arrival = flight.attempt === 0 ? Math.max(usual, connection.lastArrival) : usual;
    connection.lastArrival = Math.max(arrival, connection.lastArrival);
    this.clock.timer(arrival - now, () => this.#arrive(flight, from, to));
  }

  #arrive(flight: Flight, from: Address, to: Address): void {
    const { connection, transport, frames } = flight;
    const target = this.#receiver(to, from);
    if (target === undefined || this.conditions.blocked(transport.host, target.host)) {
      this.#repeat(flight, target);
      return;
    }
    for (const frame of frames) this.#tap?.delivered(frame.kind, from, to, frameBytes(frame));
    if (!target.receive(connection, frames, from)) {
      this.#repeat(flight, target);
      return;
    }
    if (this.conditions.blocked(target.host, transport.host)) return;
    // The acknowledgement: its arrival is noted now, which saves an event per packet.
    connection.heard(this.clock.now() + this.conditions.roundTrip(target.host, transport.host) / 2);
  }

  /** Repeats what was lost, ever more slowly, for as long as its connection lives. */
  #repeat(flight: Flight, target: MemoryTransport | undefined): void {
    const { connection, transport } = flight;
    if (connection.ended || this.#bound.get(transport.address ?? ("" as Address)) !== transport)
      return;
    const roundTrip =
      target === undefined || !connection.live
        ? FIRST_REPEAT
        : 10 + 1.5 * this.conditions.roundTrip(transport.host, target.host);
    const wait = Math.min(roundTrip * 2 ** flight.attempt, LAST_REPEAT);
    flight.attempt += 1;
    this.clock.timer(wait, () => {
      if (!connection.ended) this.#launch(flight);
    });
  }

  /** The address at which `to` sees what `transport` sends there now; `undefined` where no way leads there. */
  #seenFrom({ address }: MemoryTransport, to: Address): Address | undefined {
    if (address === undefined || this.nats.isEmpty) return address;
    return this.nats.outbound(address, to, this.clock.now());
  }

  /** Whose address `to` is, whether or not what is sent there is let in. */
  #owner(to: Address): MemoryTransport | undefined {
    const socket = this.nats.isEmpty ? to : this.nats.destination(to);
    return socket === undefined ? undefined : this.#bound.get(socket);
  }

  /** Who gets what comes in at `to` from `from` now. */
  #receiver(to: Address, from: Address): MemoryTransport | undefined {
    const socket = this.nats.isEmpty ? to : this.nats.inbound(to, from, this.clock.now());
    return socket === undefined ? undefined : this.#bound.get(socket);
  }

  #lost(from: number, to: number): boolean {
    return this.conditions.blocked(from, to) || this.conditions.loses(from, to);
  }

  #freeAddress(host: string): Address {
    for (let tried = FREE_PORTS_FROM; tried <= FREE_PORTS_TO; tried++) {
      const address = toAddress(host, this.#freePort);
      this.#freePort = this.#freePort === FREE_PORTS_TO ? FREE_PORTS_FROM : this.#freePort + 1;
      if (!this.#bound.has(address)) return address;
    }
    throw new MeshError("address_in_use", `${host} has no free port`);
  }
}
