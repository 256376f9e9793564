import { type Address, toAddress } from "../base/address.ts";
import { BoundedMap } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import type { Log, Meter, Millis, Ports } from "../base/ports.ts";
import { createIdentity } from "../identity/certificate.ts";
import { type Signer, signerFromSeed, type Verify, verify } from "../identity/keys.ts";
import { parseRealm } from "../identity/realm.ts";
import { ContactBook } from "../peer/contact-book.ts";
import { Members } from "../peer/members.ts";
import type { LinkProfile } from "../transport/memory/conditions.ts";
import type { MemoryTransport } from "../transport/memory/memory-transport.ts";
import { Nat, type NatOptions } from "../transport/memory/nat.ts";
import { MemoryNetwork } from "../transport/memory/network.ts";
import { PairedTransport } from "../transport/paired-transport.ts";
import type { Transport, TransportIdentity, TransportLimits } from "../transport/transport.ts";
import { cheapIdentity, cheapSigner, cheapVerify, verifyCheap } from "./cheap-keys.ts";
import { type RunOutcome, VirtualClock } from "./clock.ts";
import { VirtualDisk } from "./disk.ts";
import { SeededRandom } from "./random.ts";
import { StreamDriver } from "./stream-driver.ts";
import { Trace } from "./trace.ts";

/** Events after which a run is taken for a livelock. */
const EVENTS_MAX = 50_000_000;

/** Virtual time after which a run is given up. */
const WITHIN: Millis = 3_600_000;

/** Between the streams of chance of two lives of one node: more than all nodes have in one life. */
const LIFE_STRIDE = 2 ** 26;

/** Streams of chance beyond those of all nodes in all their lives. */
const NAT_CHANCE = 2 ** 52;

const STREAM_CHANCE = 2 ** 52 + 2 ** 32;

/** Port on which simulated nodes listen. */
const PORT = 9443;

export interface WorldOptions {
  /** A whole number below 2^53. Equal seeds give equal worlds. */
  readonly seed: number;
  /** How links are that nobody has set. */
  readonly link?: Partial<LinkProfile>;
  /** `cheap` ones stand in for Ed25519 in very large worlds; `real` when left out. */
  readonly keys?: "real" | "cheap";
  /** Events one `run` may take. */
  readonly eventsMax?: number;
}

/** What a simulated node dials and listens with. */
export interface SimDrivers {
  readonly transport: Transport;
  /** The one for datagrams. */
  readonly socket: MemoryTransport;
}

export interface RunOptions {
  /** Virtual time the work may take, one hour when left out. */
  readonly within?: Millis;
}

/**
 * A world of nodes in virtual time: the clock, the network, and for each node its ports, all from one seed.
 * It knows nothing of what a node is. Nodes are numbered from 0; node n lives on a host of its own.
 */
export class World {
  readonly seed: number;
  readonly clock: VirtualClock = new VirtualClock();
  readonly trace: Trace = new Trace();
  /** What carries datagrams. */
  readonly network: MemoryNetwork;
  /** What carries the streams of nodes with a second driver, as TCP does; its weather is its own. */
  readonly streams: MemoryNetwork;
  /** Whether a signature is that of a node. What was found once is remembered, for all nodes of the world. */
  readonly verify: Verify;
  /** Contacts of nodes in the usual realm that any node of this world has verified: for all of them. */
  readonly contacts: ContactBook;
  readonly #keys: "real" | "cheap";
  readonly #eventsMax: number;
  readonly #counts = new Map<number, Map<string, number>>();
  readonly #disks = new Map<number, VirtualDisk>();
  #bytesDelivered = 0;
  #nats = 0;
  /** How often each node has begun. */
  readonly #lives = new Map<number, number>();
  /** The transports of the last life of each node. */
  readonly #transports = new Map<number, { crash(): void }[]>();

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.#keys = options.keys ?? "real";
    this.verify = this.#keys === "cheap" ? cheapVerify : remembered(verify);
    const members = new Members(parseRealm(SIM_REALM), this.verify, NO_METER);
    this.contacts = new ContactBook(members, this.verify, NO_METER, CONTACTS_MAX);
    this.#eventsMax = options.eventsMax ?? EVENTS_MAX;
    this.network = this.#network(0, options);
    this.streams = this.#network(STREAM_CHANCE, options);
  }

  #network(chance: number, { seed, link, keys }: WorldOptions): MemoryNetwork {
    return new MemoryNetwork({
      clock: this.clock,
      random: new SeededRandom(seed, chance),
      ...(link === undefined ? {} : { link }),
      ...(keys === "cheap" ? { verify: verifyCheap } : {}),
      tap: {
        delivered: (what, from, to, bytes) => {
          this.trace.add(this.clock.now(), what, from, to, bytes);
          this.#bytesDelivered += bytes.length;
        },
      },
    });
  }

  /** Bytes that got from one node to another so far, without what the network itself puts around them. */
  get bytesDelivered(): number {
    return this.#bytesDelivered;
  }

  /**
   * The ports of node `node`, for one life of it: asked again, they draw anew, as a process that is started again
   * does. Its log goes into the trace under `name`, debug lines left out.
   */
  ports(node: number, name = `node ${node}`): Ports {
    const life = this.#lives.get(node) ?? 0;
    this.#lives.set(node, life + 1);
    return {
      clock: this.clock,
      random: new SeededRandom(this.seed, node * 2 + 1 + life * LIFE_STRIDE),
      log: this.#log(name),
      meter: this.#meter(node),
    };
  }

  /** 32 bytes that are only ever this node's: the seed of its key. */
  keySeed(node: number): Bytes {
    return new SeededRandom(this.seed, node * 2 + 2).bytes(32);
  }

  /** Who signs for node `node`. */
  signer(node: number): Signer {
    const seed = this.keySeed(node);
    return this.#keys === "cheap" ? cheapSigner(seed) : signerFromSeed(seed);
  }

  /** The identity that follows from `keySeed`. With real keys it costs a signature: keep it. */
  identity(node: number): TransportIdentity {
    const seed = this.keySeed(node);
    return this.#keys === "cheap" ? cheapIdentity(seed) : createIdentity(seed);
  }

  /** IP address of the host of node `node`: 10.0.0.1 for node 0, and so on. At most 2^24 - 2 nodes. */
  ip(node: number): string {
    const number = node + 1;
    return `10.${(number >> 16) & 0xff}.${(number >> 8) & 0xff}.${number & 0xff}`;
  }

  /**
   * Puts the hosts of `nodes` behind one NAT, which is seen at 100.64.0.1, the next one at 100.64.0.2, and so on. Before
   * their first packet.
   */
  behindNat(nodes: readonly number[], options: Omit<NatOptions, "outside">): Nat {
    this.#nats += 1;
    const outside = `100.64.${(this.#nats >> 8) & 0xff}.${this.#nats & 0xff}`;
    const random = new SeededRandom(this.seed, NAT_CHANCE + this.#nats);
    const nat = new Nat({ ...options, outside }, random);
    this.network.nats.place(
      nat,
      nodes.map((node) => this.ip(node)),
    );
    return nat;
  }

  /** Where node `node` listens, if it does. */
  address(node: number, port: number = PORT): Address {
    return toAddress(this.ip(node), port);
  }

  /** A transport on the host of node `node`. A node that restarts takes a new one. */
  transport(
    node: number,
    identity: TransportIdentity,
    limits: Partial<TransportLimits> = {},
  ): MemoryTransport {
    const transport = this.network.transport({ identity, address: this.address(node), limits });
    this.#transports.set(node, [transport]);
    return transport;
  }

  /**
   * A transport on the host of node `node` over datagrams, with a driver over streams behind it, as real nodes have; `socket` is the
   * one for datagrams. A node that restarts takes a new one.
   */
  paired(node: number, identity: TransportIdentity, limits?: Partial<TransportLimits>): SimDrivers {
    const { drivers, made } = this.#pair(node, identity, limits);
    this.#transports.set(node, made);
    return drivers;
  }

  /** The same beside the node's own, which goes on. */
  pairedSpare(node: number, identity: TransportIdentity): Transport {
    return this.#pair(node, identity).drivers.transport;
  }

  #pair(
    node: number,
    identity: TransportIdentity,
    limits: Partial<TransportLimits> = {},
  ): { readonly drivers: SimDrivers; readonly made: { crash(): void }[] } {
    const open = (network: MemoryNetwork, isDatagram: boolean): MemoryTransport =>
      network.transport({ identity, address: this.address(node), limits, isDatagram });
    const socket = open(this.network, true);
    const made: { crash(): void }[] = [socket];
    const make = async (): Promise<Transport> => {
      const driver = new StreamDriver(() => open(this.streams, false));
      made.push(driver);
      return driver;
    };
    const fallback = { kind: "memory-stream", make };
    const transport = new PairedTransport({ preferred: socket, fallback, clock: this.clock });
    return { drivers: { transport, socket }, made };
  }

  /** The disk of node `node`, which outlives each of its lives. */
  disk(node: number): VirtualDisk {
    const disk = this.#disks.get(node) ?? new VirtualDisk();
    this.#disks.set(node, disk);
    return disk;
  }

  /** Node `node` stops as a process does that is killed: nobody hears from it. It may start again. */
  crash(node: number): void {
    for (const transport of this.#transports.get(node) ?? []) transport.crash();
    this.#disks.get(node)?.cutOff();
  }

  /** What node `node` has counted. */
  counts(node: number): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts.get(node) ?? []);
  }

  /** Lets `duration` pass. */
  async advance(duration: Millis): Promise<void> {
    await this.clock.advance(duration);
  }

  /**
   * Lets time pass until `work` settles, and settles as it does.
   *
   * @throws {MeshError} `internal` where the world comes to rest before that, needs more than `within`, or
   *   turns in a circle. The message ends with the seed and the last lines of the trace.
   */
  async run<T>(work: Promise<T>, options: RunOptions = {}): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    work.then(mark, mark);
    const outcome = await this.clock.run({
      until: this.clock.now() + (options.within ?? WITHIN),
      eventsMax: this.#eventsMax,
      done: () => settled,
    });
    if (outcome === "done") return await work;
    throw new MeshError("internal", this.report(OUTCOMES[outcome]));
  }

  /** `problem`, the seed, where the world stands, and the last lines of its trace. */
  report(problem: string): string {
    const place = `seed ${this.seed}, event ${this.clock.events}, ${this.clock.now()} ms`;
    return [`${problem} (${place}, trace ${this.trace.hash})`, ...this.trace.tail(40)].join("\n");
  }

  #log(name: string): Log {
    return {
      write: (level, event, fields = {}) => {
        if (level === "debug") return;
        const details = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
        this.trace.note(this.clock.now(), name, `${level} ${event}${details.join("")}`);
      },
    };
  }

  #meter(node: number): Meter {
    const counts = this.#counts.get(node) ?? new Map<string, number>();
    this.#counts.set(node, counts);
    return {
      count: (name, amount = 1) => {
        counts.set(name, (counts.get(name) ?? 0) + amount);
      },
    };
  }
}

/** The realm of nodes that were given none. */
export const SIM_REALM = "com.example.sim";

/** Contacts one world remembers. */
const CONTACTS_MAX = 32_768;

const NO_METER: Meter = { count: () => {} };

/** Signatures found right or wrong that one world remembers. */
const VERDICTS_MAX = 32_768;

function remembered(verify: Verify): Verify {
  const verdicts = new BoundedMap<string, boolean>(VERDICTS_MAX);
  return (id, message, signature) => {
    const key = String.fromCharCode(...id, ...signature, ...message);
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = verify(id, message, signature);
    verdicts.set(key, verdict);
    return verdict;
  };
}

const OUTCOMES: Readonly<Record<Exclude<RunOutcome, "done">, string>> = {
  stalled: "the world came to rest before the work was done",
  until: "the work was not done in time",
  exhausted: "the world turns in a circle: too many events",
};
