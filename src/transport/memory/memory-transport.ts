import { type Address, parseHostPort, toAddress } from "../../base/address.ts";
import type { Bytes } from "../../base/bytes.ts";
import { ERROR_CODES, MeshError, toMeshError } from "../../base/errors.ts";
import { sameId } from "../../base/id.ts";
import type { Clock, Timer } from "../../base/ports.ts";
import { assertRaw, isRaw } from "../raw-datagram.ts";
import type {
  Connection,
  DialOptions,
  Transport,
  TransportIdentity,
  TransportLimits,
  TransportState,
  TransportStats,
} from "../transport.ts";
import { Dial, type VerifyProof } from "./dial.ts";
import type { Frame, Parameters, Proof } from "./frames.ts";
import { type ConnectionHost, MemoryConnection } from "./memory-connection.ts";
import type { Slab } from "./slab.ts";

/** What a transport asks of its network. */
export interface Carrier {
  readonly clock: Clock;
  readonly verify: VerifyProof;
  readonly slab: Slab;
  /** Reserves an address; port 0 takes a free one. Throws `address_in_use`. */
  bind(transport: MemoryTransport, address: Address): Address;
  unbind(transport: MemoryTransport): void;
  touch(connection: MemoryConnection): void;
  send(transport: MemoryTransport, connection: MemoryConnection, frames: readonly Frame[]): void;
  sendRaw(transport: MemoryTransport, to: Address, bytes: Bytes): void;
  /** Runs `action` after a packet from `transport` has gone to `address` and one has come back. */
  afterRoundTrip(transport: MemoryTransport, address: Address, action: () => void): void;
}

interface Arrival {
  readonly parameters: Parameters;
  readonly timer: Timer;
}

/** A transport of the simulated network. Methods beyond `Transport` are for the network. */
export class MemoryTransport implements Transport, ConnectionHost {
  readonly kind: string;
  readonly isDatagram: boolean;
  readonly limits: TransportLimits;
  /** IP address of its host. */
  readonly ip: string;
  /** Number of its host in the conditions of the network. */
  readonly host: number;
  onConnection: ((connection: Connection) => void) | undefined;
  onRaw: ((bytes: Bytes, from: Address) => void) | undefined;
  readonly #carrier: Carrier;
  readonly #identity: TransportIdentity;
  readonly #connections = new Set<MemoryConnection>();
  readonly #dials = new Map<MemoryConnection, Dial>();
  readonly #arrivals = new Map<MemoryConnection, Arrival>();
  #address: Address | undefined;
  #state: "fresh" | "dialling" | "listening" | "closed" | "crashed" = "fresh";
  /** A connection has come about. */
  #gotThrough = false;
  #sent = 0;
  #received = 0;
  #dropped = 0;

  constructor(
    carrier: Carrier,
    options: {
      identity: TransportIdentity;
      ip: string;
      host: number;
      limits: TransportLimits;
      isDatagram: boolean;
    },
  ) {
    this.#carrier = carrier;
    this.kind = options.isDatagram ? "memory" : "memory-stream";
    this.isDatagram = options.isDatagram;
    this.#identity = options.identity;
    this.ip = options.ip;
    this.host = options.host;
    this.limits = options.limits;
  }

  get clock(): Clock {
    return this.#carrier.clock;
  }

  get slab(): Slab {
    return this.#carrier.slab;
  }

  /** Where its packets come from; `undefined` while it has no socket. */
  get address(): Address | undefined {
    return this.#address;
  }

  async listen(address: Address): Promise<Address> {
    this.#mustBeOpen();
    if (this.#state === "listening") {
      throw new MeshError("bad_config", `this transport listens on ${this.#address} already`);
    }
    const { host, port } = parseHostPort(address);
    if (host !== this.ip && host !== "0.0.0.0" && host !== "::") {
      throw new MeshError("bad_config", `${host} is not an address of this host, ${this.ip} is`);
    }
    const bound = this.rebind(toAddress(this.ip, port));
    this.#state = "listening";
    return toAddress(host, parseHostPort(bound).port);
  }

  async dial(address: Address, options: DialOptions): Promise<Connection> {
    this.#mustBeOpen();
    if (options.signal?.aborted === true) {
      throw new MeshError("cancelled", `the dial to ${address} was cancelled`);
    }
    if (options.datagrams !== undefined && !this.isDatagram) {
      throw new MeshError("dial_failed", "this driver has no datagrams");
    }
    if (this.#connections.size >= this.limits.connectionsMax) {
      throw new MeshError("refused", `${this.limits.connectionsMax} connections are open already`);
    }
    this.#mustBeBound();
    return await new Promise<Connection>((resolve, reject) => {
      const connection = new MemoryConnection(this, true, address);
      const outcome = { resolve, reject };
      this.#connections.add(connection);
      this.#dials.set(connection, new Dial(this.clock, connection, address, options, outcome));
      this.send(connection, [{ kind: "hello", parameters: this.#parameters() }]);
    });
  }

  sendRaw(address: Address, bytes: Bytes): void {
    if (bytes.length === 0) return;
    assertRaw(bytes);
    if (!this.isDatagram) {
      this.#dropped += 1;
      return;
    }
    if (this.#state === "closed" || this.#state === "crashed") return;
    this.#mustBeBound();
    this.#sent += 1;
    this.#carrier.sendRaw(this, address, bytes);
  }

  state(): TransportState {
    const alive = [...this.#connections].filter(({ live }) => live).length;
    const driver = {
      kind: this.kind,
      connections: alive,
      address: this.#state === "listening" ? this.#address : undefined,
      problem: undefined,
    };
    const known = this.#gotThrough ? "works" : "unknown";
    return { drivers: [driver], datagrams: this.isDatagram ? known : "unused" };
  }

  stats(): TransportStats {
    return {
      connections: this.#connections.size,
      handshakes: this.#arrivals.size,
      datagramsSent: this.#sent,
      datagramsReceived: this.#received,
      datagramsDropped: this.#dropped,
      restarts: 0,
    };
  }

  async close(code = 0, reason = ""): Promise<void> {
    if (this.#state === "closed" || this.#state === "crashed") return;
    this.#state = "closed";
    for (const dial of this.#dials.values()) dial.fail(closed());
    for (const connection of this.#connections) connection.close(code, reason);
    // The farewells leave at the end of this instant; the socket must outlive them.
    await new Promise<void>((resolve) => {
      this.clock.timer(0, () => {
        this.#carrier.unbind(this);
        resolve();
      });
    });
  }

  /** Stops as a process does that is killed: peers hear nothing, no callback follows. */
  crash(): void {
    if (this.#state === "crashed") return;
    this.#state = "crashed";
    this.#carrier.unbind(this);
    for (const { timer } of this.#arrivals.values()) timer.cancel();
    for (const connection of this.#connections) connection.vanish();
    this.#connections.clear();
    this.#arrivals.clear();
    this.#dials.clear();
  }

  /** Continues at another address of any host, as after a change of network, and returns it. Throws `address_in_use`. */
  rebind(address: Address): Address {
    this.#mustBeOpen();
    const bound = this.#carrier.bind(this, address);
    this.#carrier.unbind(this);
    this.#address = bound;
    return bound;
  }

  touch(connection: MemoryConnection): void {
    this.#carrier.touch(connection);
  }

  send(connection: MemoryConnection, frames: readonly Frame[]): void {
    if (this.#state === "crashed") return;
    this.#sent += 1;
    this.#carrier.send(this, connection, frames);
  }

  gone(connection: MemoryConnection): void {
    this.#connections.delete(connection);
    this.#dials.delete(connection);
    this.#arrivals.get(connection)?.timer.cancel();
    this.#arrivals.delete(connection);
  }

  shake(connection: MemoryConnection, frame: Frame): void {
    if (frame.kind === "welcome") this.#welcomed(connection, frame.proof, frame.parameters);
    else if (frame.kind === "finish") this.#finished(connection, frame.proof);
  }

  /**
   * A packet of `sender` has come in from `from`. False where nobody here would acknowledge it.
   */
  receive(sender: MemoryConnection, frames: readonly Frame[], from: Address): boolean {
    this.#received += 1;
    const own = sender.other;
    const first = frames[0] as Frame;
    if (own === undefined && first.kind === "hello") {
      this.#arrive(sender, first.parameters, from, false);
      return true;
    }
    if (own === undefined || !own.belongsTo(this)) {
      this.#dropped += 1;
      this.#disown(sender, from);
      return false;
    }
    if (own.ended) {
      if (first.kind !== "close") this.send(own, [own.farewell()]);
      return true;
    }
    if (!own.follow(from)) return false;
    own.receive(frames);
    return true;
  }

  /** A datagram outside any connection has come in. */
  receiveRaw(bytes: Bytes, from: Address): void {
    this.#received += 1;
    if (bytes.length === 0 || !isRaw(bytes) || this.onRaw === undefined) {
      this.#dropped += 1;
      return;
    }
    try {
      this.onRaw(bytes, from);
    } catch {
      this.#dropped += 1;
    }
  }

  // A node that has lost its state says so at once, if it still has its key (RFC 9000, 10.3).
  #disown(sender: MemoryConnection, from: Address): void {
    if (!sender.live || !sameId(sender.peer, this.#identity.id)) return;
    this.#carrier.afterRoundTrip(this, from, () => {
      sender.end({
        by: "peer",
        code: 0,
        reason: "the peer does not know this connection any more",
      });
    });
  }

  #arrive(sender: MemoryConnection, parameters: Parameters, from: Address, proven: boolean): void {
    if (!proven && this.#arrivals.size >= this.limits.handshakesMax) {
      this.#carrier.afterRoundTrip(this, from, () => this.#arrive(sender, parameters, from, true));
      return;
    }
    const connection = new MemoryConnection(this, false, from);
    connection.other = sender;
    sender.other = connection;
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      connection.close(ERROR_CODES.refused.wire, refusal);
      return;
    }
    const timer = this.clock.timer(this.limits.handshakeTimeout, () => {
      connection.end({ by: "timeout", code: 0, reason: "the handshake took too long" });
    });
    this.#connections.add(connection);
    this.#arrivals.set(connection, { parameters, timer });
    const answer = {
      kind: "welcome",
      parameters: this.#parameters(),
      proof: this.#proof(),
    } as const;
    this.send(connection, [answer]);
  }

  #refusal(): string | undefined {
    if (this.#state !== "listening" || this.onConnection === undefined) {
      return "this node takes no connections";
    }
    if (this.#connections.size < this.limits.connectionsMax) return undefined;
    return `${this.limits.connectionsMax} connections are open already`;
  }

  #welcomed(connection: MemoryConnection, proof: Proof, parameters: Parameters): void {
    const dial = this.#dials.get(connection);
    if (dial?.answered(proof, parameters, this.#carrier.verify) !== true) return;
    this.#gotThrough = true;
    this.#dials.delete(connection);
    this.send(connection, [{ kind: "finish", proof: this.#proof() }]);
  }

  #finished(connection: MemoryConnection, proof: Proof): void {
    const arrival = this.#arrivals.get(connection);
    if (arrival === undefined) return;
    try {
      connection.establish(this.#carrier.verify(proof), arrival.parameters);
    } catch (cause) {
      const { code, message } = toMeshError(cause);
      connection.close(ERROR_CODES[code].wire, message);
      return;
    }
    this.#gotThrough = true;
    arrival.timer.cancel();
    this.#arrivals.delete(connection);
    connection.introduce(() => this.onConnection?.(connection));
  }

  #parameters(): Parameters {
    return this.limits;
  }

  #proof(): Proof {
    return { certificate: this.#identity.certificate, holder: this.#identity.id };
  }

  #mustBeOpen(): void {
    if (this.#state === "closed" || this.#state === "crashed") throw closed();
  }

  #mustBeBound(): void {
    if (this.#state !== "fresh") return;
    this.#address = this.#carrier.bind(this, toAddress(this.ip, 0));
    this.#state = "dialling";
  }
}

function closed(): MeshError {
  return new MeshError("closed", "the transport is closed");
}
