import type { Bytes } from "../base/bytes.ts";
import { type MeshError, toMeshError } from "../base/errors.ts";
import { ID_BYTES, idText, type Key, type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";
import type { Link } from "../peer/link.ts";
import type { Arrival } from "../routing/arrival.ts";
import { ContactTable } from "../routing/contact-table.ts";
import type { Courier } from "../routing/courier.ts";
import type { Router } from "../routing/router.ts";
import {
  CONTACTS_MAX,
  type DhtAnswer,
  RECORDS_MAX,
  readDhtRequest,
  writeDhtAnswer,
} from "../wire/dht.ts";
import { TYPE } from "../wire/frame.ts";
import { Asker } from "./asker.ts";
import { type DhtContext, hasTransit } from "./dht-context.ts";
import { HandOver } from "./hand-over.ts";
import { CAREFUL, type LookupLimits } from "./lookup.ts";
import { type ProviderRecord, readRecord, recordClaim } from "./record.ts";
import { RecordStore } from "./record-store.ts";
import { COPIES, estimateSize, medianSize, Region } from "./region.ts";
import type { SearchOptions, SearchResult } from "./search.ts";
import { Searcher } from "./searcher.ts";

/** Holders of one record at most: more of a region than that is not written to. */
const HOLDERS_MAX = 64;

/** Fewer nodes than these all hold every record: a region would not tell them apart. */
const REGION_MIN: number = 2 * COPIES;

/** Contacts by chance that the walks through a crowded region start from. */
const STARTS = 8;

/** What came of a store. */
export interface StoreResult {
  /** Nodes that took the record, this one included where it counts. */
  readonly acks: number;
  /** The others among them. */
  readonly holders: readonly Contact[];
  readonly asked: number;
  /** Why one of them did not take it, if so. */
  readonly lastError: MeshError | undefined;
}

/** What came of a search for records. */
export interface FoundRecords {
  readonly records: readonly ProviderRecord[];
  /** Who held them: a hexadecimal id, `self` where this node did; `undefined` where nobody did. */
  readonly holder: string | undefined;
  /** Answers that led to them, that of the holder included; 0 where this node held them. */
  readonly steps: number;
  readonly asked: number;
  readonly answered: number;
}

/** Finds and keeps records over the nodes of the mesh (Kademlia, 2002), asking over links or through the mesh. */
export class Dht {
  readonly contacts: ContactTable<Contact>;
  readonly store: RecordStore = new RecordStore();
  /** Told of every contact that was not known before. */
  onContact: ((contact: Contact) => void) | undefined;
  /** Told of contacts of this node that others have. */
  onOwnContact: ((contact: Contact) => void) | undefined;
  readonly #context: DhtContext;
  readonly #courier: Courier;
  readonly #asker: Asker;
  readonly #searcher: Searcher;
  readonly #handOver: HandOver;

  constructor(context: DhtContext, courier: Courier, router: Router) {
    this.#context = context;
    this.#courier = courier;
    this.contacts = new ContactTable(context.self);
    this.#asker = new Asker(context, courier, router);
    this.#searcher = new Searcher(context, this.#asker, {
      read: (contacts) => this.#readContacts(contacts),
      answered: (contact) => this.addContact(contact),
      failed: (contact) => this.#unanswered(contact),
    });
    this.#handOver = new HandOver(context, this.contacts, this.store, this.#asker);
    for (const type of [TYPE.findNode, TYPE.findValue, TYPE.store]) {
      router.on(type, (arrival, _, bytes, start, end) =>
        this.#serve(arrival, type, bytes, start, end),
      );
    }
  }

  /** Requests that wait for their answers. */
  get pending(): number {
    return this.#asker.pending;
  }

  /** How many nodes that serve there seem to be, judged by those around this one. */
  get sizeEstimate(): number {
    const { self } = this.#context;
    return estimateSize(self, this.contacts.closest(self, COPIES)) ?? this.contacts.size + 1;
  }

  /** A contact that has just proved to be there, by a link or an answer. Only nodes that serve are kept. */
  addContact(contact: Contact): void {
    if (!contact.serves) {
      this.contacts.failed(contact.id);
      return;
    }
    const isNew = this.contacts.get(contact.id) === undefined;
    const check = this.contacts.verified(contact, this.#context.ports.clock.now());
    if (check !== undefined) this.#check(check);
    if (isNew && this.#context.serves) this.#handOver.met(contact);
    if (isNew) this.onContact?.(contact);
  }

  /** The contact is known to be gone. */
  contactFailed(id: NodeId): void {
    this.contacts.failed(id);
  }

  /** The nodes nearest to `target` that answered, nearest first. Rejects with `cancelled` and `closed`. */
  async findNodes(
    target: Key,
    signal: AbortSignal,
    limits: Partial<LookupLimits> = {},
  ): Promise<readonly Contact[]> {
    const { closest } = await this.#searchNodes(target, [], signal, limits);
    return closest.filter((contact) => contact.serves);
  }

  /**
   * Puts a record of our own where it is looked for: at the nodes nearest to its key, and where these stand so close
   * together that somebody must have put them there, at all nodes of the region. A copy of it stays here; it
   * counts where this node serves, or where no node does and its neighbours have to ask it.
   */
  async publish(record: ProviderRecord, signal: AbortSignal): Promise<StoreResult> {
    const closest = await this.findNodes(record.key, signal, CAREFUL);
    const widened = await this.#widen(record.key, closest, async (point, starts) => {
      const { closest: there } = await this.#searchNodes(point, starts, signal, CAREFUL);
      return there.filter((contact) => contact.serves);
    });
    return this.publishTo(record, [...closest.slice(0, COPIES), ...widened.flat()]);
  }

  /** Puts a record of our own at those nodes. */
  async publishTo(record: ProviderRecord, targets: readonly Contact[]): Promise<StoreResult> {
    const kept = this.#keep(record);
    const chosen = new Map(targets.map((contact) => [idText(contact.id), contact]));
    const asked = [...chosen.values()].slice(0, HOLDERS_MAX);
    const isHolder = this.#context.serves || (asked.length === 0 && this.#context.table.size > 0);
    const own = isHolder && kept ? 1 : 0;
    let lastError: MeshError | undefined;
    const stored = asked.map(async (contact) => {
      try {
        await this.#asker.store(contact, record.bytes);
        return contact;
      } catch (cause) {
        lastError = toMeshError(cause);
        return undefined;
      }
    });
    const holders = (await Promise.all(stored)).filter((contact) => contact !== undefined);
    return { acks: holders.length + own, holders, asked: asked.length + own, lastError };
  }

  /**
   * The providers at a key: those held here, else those the first node answers with that has any. Where none of
   * them `isWanted`, the search goes on as far as it leads, and all that came are given. Where none came, liars may have
   * been in the way: it is looked for once more with care, and where the key's surroundings look made up, at all nodes
   * of its region.
   */
  async findRecords(
    key: Key,
    signal?: AbortSignal,
    isWanted: (record: ProviderRecord) => boolean = () => true,
  ): Promise<FoundRecords> {
    const held = this.#verified(key, this.store.get(key, this.#now()));
    if (held.some(isWanted))
      return { records: held, holder: "self", steps: 0, asked: 0, answered: 0 };
    const options = { signal, isWanted };
    const first = await this.#findAt(key, key, held, { ...options, hearsOut: true });
    // A first search has asked everybody there is in a small mesh.
    const hasHeardAll = this.sizeEstimate < REGION_MIN && first.answered === first.asked;
    if (first.records.length > 0 || hasHeardAll) return first;
    const careful = { ...options, limits: CAREFUL };
    const again = await this.#findAt(key, key, [], careful);
    const find = (point: Key, starts: readonly Contact[]) =>
      this.#findAt(key, point, [], { ...careful, starts });
    const more = again.records.length > 0 ? [] : await this.#widen(key, again.closest, find);
    const all = [first, again, ...more];
    const found = all.find(({ records }) => records.length > 0) ?? first;
    const asked = all.reduce((sum, it) => sum + it.asked, 0);
    return { ...found, asked, answered: all.reduce((sum, it) => sum + it.answered, 0) };
  }

  linkLost(link: Link): void {
    this.#asker.linkLost(link);
  }

  /** Takes a record that an earlier life of this node held. False where it is of no use any more. */
  restore(bytes: Bytes): boolean {
    try {
      const { members, verify, self } = this.#context;
      const record = readRecord(bytes, members, this.#now(), verify);
      // Its own are registered anew, or not.
      if (sameId(record.owner, self) || record.expires <= this.#now()) return false;
      return this.store.put(record, idText(self), this.#now()) === "stored";
    } catch {
      this.#context.ports.meter.count("records_refused");
      return false;
    }
  }

  /** Forgets what has expired. To be called every minute or so. */
  sweep(): void {
    this.store.sweep(this.#now());
  }

  close(error: MeshError): void {
    this.#handOver.close();
    this.#asker.close(error);
  }

  /** Looks for records at `key` among the nodes nearest to `near`, besides those `held`. */
  async #findAt(
    key: Key,
    near: Key,
    held: readonly ProviderRecord[],
    options: Omit<SearchOptions, "take"> & {
      readonly isWanted: (record: ProviderRecord) => boolean;
    },
  ): Promise<FoundRecords & SearchResult> {
    const { isWanted, ...others } = options;
    const newest = new Map(held.map((record) => [idText(record.owner), record]));
    const request = { kind: "find_value", key, near } as const;
    const result = await this.#searcher.search(near, request, this.#seeds(near), {
      ...others,
      take: (answer) => {
        const came = answer.kind === "find_value_reply" ? answer.records : [];
        const records = this.#verified(key, came);
        for (const record of records) {
          const owner = idText(record.owner);
          if ((newest.get(owner)?.seq ?? -1) < record.seq) newest.set(owner, record);
        }
        return records.some(isWanted);
      },
    });
    return { ...result, records: [...newest.values()] };
  }

  /**
   * Does `search` at the points of the region around `key` where `closest` stand too close to be there by chance. How
   * large the mesh is, is judged at places that nobody can have foreseen.
   */
  async #widen<T>(
    key: Key,
    closest: readonly Contact[],
    search: (point: Key, starts: readonly Contact[]) => Promise<T>,
  ): Promise<T[]> {
    const { self, ports } = this.#context;
    const around = estimateSize(self, this.contacts.closest(self, COPIES));
    if (around === undefined || around < REGION_MIN) return [];
    if (!new Region(key, around).isCrowded(closest)) return [];
    ports.meter.count("regions_widened");
    const starts = (): Contact[] => this.contacts.sample(STARTS, ports.random);
    const elsewhere = [ports.random.bytes(ID_BYTES), ports.random.bytes(ID_BYTES)].map(
      async (point) =>
        estimateSize(point, (await this.#searchNodes(point, starts(), undefined, CAREFUL)).closest),
    );
    const size = medianSize([around, ...(await Promise.all(elsewhere))]) ?? around;
    const region = new Region(key, size);
    return Promise.all(region.points().map((point) => search(point, starts())));
  }

  #searchNodes(
    target: Key,
    starts: readonly Contact[],
    signal: AbortSignal | undefined,
    limits: Partial<LookupLimits>,
  ): Promise<SearchResult> {
    const request = { kind: "find_node", target } as const;
    const options = { signal, starts, limits };
    return this.#searcher.search(target, request, this.#seeds(target), options);
  }

  /** Who is asked first: the nearest nodes that serve; where none is known, the neighbours, for what is their own. */
  #seeds(key: Key): Contact[] {
    const serving = this.contacts.closest(key, CONTACTS_MAX);
    if (serving.length > 0) return serving;
    return [...this.#context.table].slice(0, CONTACTS_MAX).map((link) => link.contact);
  }

  /** The contact did not answer. Where nobody passes questions on, that says nothing of it. */
  #unanswered(contact: Contact): void {
    const { table } = this.#context;
    if (table.to(contact.id) === undefined && hasTransit(table)) this.contacts.failed(contact.id);
  }

  /** Asks a contact whose place others wait for whether it is still there. */
  #check(contact: Contact): void {
    const { table, ports } = this.#context;
    if (table.to(contact.id)) {
      this.contacts.verified(contact, ports.clock.now());
      return;
    }
    ports.meter.count("contacts_checked");
    this.#asker.ask(contact, { kind: "find_node", target: contact.id }).then(
      () => this.addContact(contact),
      () => this.#unanswered(contact),
    );
  }

  #serve(arrival: Arrival, type: number, bytes: Bytes, start: number, end: number): void {
    const { number, request } = readDhtRequest(type, bytes, start, end);
    const answer: DhtAnswer =
      request.kind === "store"
        ? { kind: "store_ack", code: this.#take(request.record, arrival.link.peerText) }
        : this.#answerTo(request);
    const answerType = ANSWER_TYPE[answer.kind];
    this.#courier.answer(arrival, answerType, (writer) => writeDhtAnswer(writer, number, answer));
  }

  #answerTo(
    request:
      | { readonly kind: "find_node"; readonly target: Key }
      | { readonly kind: "find_value"; readonly key: Key; readonly near: Key },
  ): DhtAnswer {
    const near = request.kind === "find_node" ? request.target : request.near;
    const contacts = this.contacts.closest(near, CONTACTS_MAX).map((contact) => contact.bytes);
    if (request.kind === "find_node") return { kind: "find_node_reply", contacts };
    const records = this.store.get(request.key, this.#now(), RECORDS_MAX);
    // Who has found a provider looks no further.
    return { kind: "find_value_reply", records, contacts: records.length > 0 ? [] : contacts };
  }

  /** Stores what another node brings by way of `bringer`; why not, where not. */
  #take(bytes: Bytes, bringer: string): MeshError["code"] | undefined {
    if (!this.#context.serves) return "refused";
    try {
      const { realm, members, verify } = this.#context;
      const { key, owner } = recordClaim(bytes, realm);
      // What is held was verified when it came.
      if (this.store.holds(key, owner, bytes)) return undefined;
      const record = readRecord(bytes, members, this.#now(), verify);
      const outcome = this.store.put(record, bringer, this.#now());
      if (outcome === "stored") this.#context.ports.meter.count("records_stored");
      return outcome === "full" ? "overloaded" : undefined;
    } catch (cause) {
      this.#context.ports.meter.count("records_refused");
      return toMeshError(cause).code;
    }
  }

  #keep(record: ProviderRecord): boolean {
    return this.store.put(record, idText(this.#context.self), this.#now()) !== "full";
  }

  #readContacts(contacts: readonly Bytes[]): Contact[] {
    const { book, self } = this.#context;
    const read: Contact[] = [];
    for (const bytes of contacts) {
      try {
        const contact = book.read(bytes, this.#now());
        if (sameId(contact.id, self)) this.onOwnContact?.(contact);
        else if (contact.serves) {
          this.contacts.heard(contact);
          read.push(contact);
        }
      } catch {
        this.#context.ports.meter.count("contacts_refused");
      }
    }
    return read;
  }

  #verified(key: Key, records: readonly Bytes[]): ProviderRecord[] {
    const { members, verify } = this.#context;
    const live: ProviderRecord[] = [];
    for (const bytes of records) {
      try {
        const record = readRecord(bytes, members, this.#now(), verify);
        if (sameId(record.key, key as NodeId) && !record.withdrawn && record.expires > this.#now())
          live.push(record);
      } catch {
        this.#context.ports.meter.count("records_refused");
      }
    }
    return live;
  }

  #now(): Millis {
    return this.#context.ports.clock.wall();
  }
}

const ANSWER_TYPE = {
  find_node_reply: TYPE.findNodeReply,
  find_value_reply: TYPE.findValueReply,
  store_ack: TYPE.storeAck,
} as const;
