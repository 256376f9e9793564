import type { Bytes } from "../base/bytes.ts";
import { toMeshError } from "../base/errors.ts";
import type { Health } from "../base/health.ts";
import type { Millis, Storage, Timer } from "../base/ports.ts";
import type { Dht } from "./dht.ts";
import type { DhtContext } from "./dht-context.ts";
import { type KnownPeer, readKnownPeer, writeKnownPeer } from "./known-peer.ts";
import { readState, type StateKind, writeState } from "./state-file.ts";

/** How often what is known is written down, before jitter. */
const SAVE_EVERY: Millis = 30_000;

/** Peers kept: more than enough to find the mesh again where most of them are gone. */
const PEERS_MAX = 256;

/** Records kept. */
const RECORDS_MAX = 65_536;

/**
 * Keeps on disk what a node needs to find its mesh again, and the records it holds. What is damaged is set aside and
 * made anew; a disk that takes nothing leaves the node serving, and its health says so.
 */
export class StateKeeper {
  readonly #context: DhtContext;
  readonly #dht: Dht;
  readonly #storage: Storage;
  readonly #health: Health;
  #peers: readonly KnownPeer[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(context: DhtContext, dht: Dht, storage: Storage, health: Health) {
    this.#context = context;
    this.#dht = dht;
    this.#storage = storage;
    this.#health = health;
  }

  /** Nodes that were linked in an earlier life, those known for longest first. */
  get peers(): readonly KnownPeer[] {
    return this.#peers;
  }

  /** Reads what an earlier life has kept. Never rejects: what can't be used is told and left out. */
  async load(): Promise<void> {
    this.#peers = await this.#read("peers", readKnownPeer);
    const { ports } = this.#context;
    let restored = 0;
    for (const bytes of await this.#read("records", (item) => item)) {
      if (this.#dht.restore(bytes)) restored += 1;
    }
    if (restored > 0) ports.meter.count("records_restored", restored);
    this.#schedule();
  }

  /** Writes a last time, and no more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.save();
  }

  /** Writes what is known now. Never rejects. */
  async save(): Promise<void> {
    try {
      const peers = this.#knownPeers();
      // Who knows nobody any more keeps whom it knew.
      if (peers.length > 0) await this.#write("peers", peers.map(writeKnownPeer));
      const records = [...this.#dht.store.all()].slice(0, RECORDS_MAX);
      await this.#write(
        "records",
        records.map(({ bytes }) => bytes),
      );
      this.#health.recovered("storage");
    } catch (cause) {
      const { code, message } = toMeshError(cause);
      if (this.#health.degraded("storage", message)) {
        this.#context.ports.log.write("error", "state_not_saved", { code, reason: message });
      }
    }
  }

  /** Those linked, the oldest link first, then those in the table, then those of the life before. */
  #knownPeers(): KnownPeer[] {
    const peers = new Map<string, KnownPeer>();
    const add = (peer: KnownPeer): void => {
      const key = String.fromCharCode(...peer.id);
      if (peer.addresses.length > 0 && peers.size < PEERS_MAX && !peers.has(key)) {
        peers.set(key, { id: peer.id, addresses: peer.addresses });
      }
    };
    for (const { contact } of this.#context.table) add(contact);
    for (const { contacts } of this.#dht.contacts.buckets()) contacts.forEach(add);
    this.#peers.forEach(add);
    return [...peers.values()];
  }

  async #read<T>(kind: StateKind, read: (item: Bytes) => T): Promise<T[]> {
    try {
      const bytes = await this.#storage.load(kind);
      return bytes === undefined
        ? []
        : readState(kind, this.#context.realm, bytes).map((item) => read(item));
    } catch (cause) {
      await this.#setAside(kind, toMeshError(cause).message);
      return [];
    }
  }

  async #setAside(kind: StateKind, reason: string): Promise<void> {
    const { log } = this.#context.ports;
    try {
      const name = await this.#storage.setAside(kind);
      log.write("warn", "state_set_aside", { state: kind, reason, kept: name });
    } catch (cause) {
      log.write("error", "state_unreadable", { state: kind, reason: toMeshError(cause).message });
    }
  }

  #write(kind: StateKind, items: readonly Bytes[]): Promise<void> {
    return this.#storage.save(kind, writeState(kind, this.#context.realm, items));
  }

  #schedule(): void {
    if (this.#closed) return;
    const { clock, random } = this.#context.ports;
    const pause = SAVE_EVERY / 2 + random.below(SAVE_EVERY);
    this.#timer = clock.timer(pause, () => {
      this.save().then(
        () => this.#schedule(),
        () => {}, // It never rejects.
      );
    });
  }
}
