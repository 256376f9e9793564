import { fromHex } from "../base/bytes.ts";
import { compareDistance, type Key, sameId } from "../base/id.ts";
import type { Millis, Timer } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";
import type { ContactTable } from "../routing/contact-table.ts";
import type { Asker } from "./asker.ts";
import type { DhtContext } from "./dht-context.ts";
import type { RecordStore } from "./record-store.ts";
import { COPIES } from "./region.ts";

/** Newcomers that wait for what they are to hold; one more is passed over until records are published anew. */
const WAITING_MAX = 64;

/** Records handed to one newcomer at most. */
const RECORDS_MAX = 256;

/** Time between two turns, and records that are looked at in each, or those of one newcomer. */
const PAUSE: Millis = 1_000;
const LOOKED_AT_MAX = 1_024;

/**
 * Hands records to nodes that come nearer to their keys than those that hold them (Kademlia, 2002, 2.5). Of all
 * holders only the nearest does it.
 */
export class HandOver {
  readonly #context: DhtContext;
  readonly #contacts: ContactTable<Contact>;
  readonly #store: RecordStore;
  readonly #asker: Asker;
  readonly #waiting: Contact[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    context: DhtContext,
    contacts: ContactTable<Contact>,
    store: RecordStore,
    asker: Asker,
  ) {
    this.#context = context;
    this.#contacts = contacts;
    this.#store = store;
    this.#asker = asker;
  }

  /** A node that serves was met for the first time. */
  met(contact: Contact): void {
    if (this.#store.size === 0 || this.#waiting.length >= WAITING_MAX) return;
    this.#waiting.push(contact);
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    this.#timer ??= this.#context.ports.clock.timer(PAUSE, () => {
      this.#timer = undefined;
      // A crowd that joins is served at once where there is little to hand over.
      for (let lookedAt = 0; lookedAt < LOOKED_AT_MAX; lookedAt += this.#store.size) {
        const contact = this.#waiting.shift();
        if (contact === undefined) return;
        this.#handTo(contact);
      }
      this.#schedule();
    });
  }

  #handTo(contact: Contact): void {
    let handed = 0;
    let key = "";
    let isTheirs = false;
    for (const held of this.#store.all()) {
      if (held.key !== key) {
        key = held.key;
        isTheirs = this.#belongsTo(contact, fromHex(key) as Key);
      }
      if (!isTheirs) continue;
      handed += 1;
      if (handed > RECORDS_MAX) return;
      this.#context.ports.meter.count("records_handed_over");
      this.#asker.store(contact, held.bytes).catch(() => {}); // Its owner will see to it.
    }
  }

  /** The newcomer is one of the nearest to the key, and of the others none is nearer than this node. */
  #belongsTo(contact: Contact, key: Key): boolean {
    const { self } = this.#context;
    const nearest = this.#contacts.closest(key, COPIES);
    if (!nearest.some(({ id }) => sameId(id, contact.id))) return false;
    const rival = nearest.find(({ id }) => !sameId(id, contact.id));
    return rival === undefined || compareDistance(key, self, rival.id) < 0;
  }
}
