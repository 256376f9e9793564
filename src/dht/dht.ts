import type { Bytes } from "../base/bytes.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import { type Key, type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { type Contact, readContact } from "../peer/contact.ts";
import { Exchange } from "../peer/exchange.ts";
import type { Arrival } from "../routing/arrival.ts";
import { ContactTable } from "../routing/contact-table.ts";
import type { Courier } from "../routing/courier.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import {
  CONTACTS_MAX,
  type DhtAnswer,
  type DhtRequest,
  RECORDS_MAX,
  readDhtAnswer,
  readDhtRequest,
  writeDhtAnswer,
} from "../wire/dht.ts";
import { TYPE } from "../wire/frame.ts";
import { Lookup, type LookupStep } from "./lookup.ts";
import { Question } from "./question.ts";
import { type ProviderRecord, readRecord } from "./record.ts";
import { RecordStore } from "./record-store.ts";

/** Time one node has for one answer, searching a route to it included. */
const ANSWER_TIMEOUT: Millis = 3_000;

/** Copies of a record aimed at: the k of Kademlia. */
const COPIES = 20;

export interface DhtContext extends RoutingContext {
  /** This node holds records and answers lookups. */
  readonly serves: boolean;
}

/** What came of a store: who took the record, out of how many that were asked. */
export interface StoreResult {
  readonly acks: number;
  readonly asked: number;
  /** Why one of them did not, if so. */
  readonly lastError: MeshError | undefined;
}

/** Finds and keeps records over the nodes of the mesh (Kademlia, 2002), asking over links or through the mesh. */
export class Dht {
  readonly contacts: ContactTable<Contact>;
  readonly store: RecordStore = new RecordStore();
  readonly #context: DhtContext;
  readonly #courier: Courier;
  readonly #exchange: Exchange<DhtAnswer>;

  constructor(context: DhtContext, courier: Courier, router: Router) {
    this.#context = context;
    this.#courier = courier;
    this.contacts = new ContactTable(context.self);
    this.#exchange = new Exchange(context.deadlines, context.ports.random);
    for (const type of [TYPE.findNode, TYPE.findValue, TYPE.store]) {
      router.on(type, (arrival, _, bytes, start, end) =>
        this.#serve(arrival, type, bytes, start, end),
      );
    }
    for (const type of [TYPE.findNodeReply, TYPE.findValueReply, TYPE.storeAck]) {
      router.on(type, (arrival, _, bytes, start, end) => {
        const { number, answer } = readDhtAnswer(type, bytes, start, end);
        if (this.#exchange.settle(number, arrival.source, answer)) this.#courier.learn(arrival);
      });
    }
  }

  /** Requests that wait for their answers. */
  get pending(): number {
    return this.#exchange.size;
  }

  /** A contact that was proven by a link or signed by its node. Only nodes that serve are kept. */
  addContact(contact: Contact): void {
    if (contact.serves) this.contacts.add(contact);
  }

  /**
   * Puts a record of our own where it is looked for: at the nodes closest to its key. A copy of it stays here; it
   * counts where this node serves, or where no node does and its neighbours have to ask it.
   */
  async publish(record: ProviderRecord, signal: AbortSignal): Promise<StoreResult> {
    const kept = this.#putLocally(record);
    const closest = await this.#findClosest(record.key, signal);
    const isHolder = this.#context.serves || (closest.length === 0 && this.#context.table.size > 0);
    const own = isHolder && kept ? 1 : 0;
    const request: DhtRequest = { kind: "store", record: record.bytes };
    let lastError: MeshError | undefined;
    const answers = closest.slice(0, COPIES).map(async (contact) => {
      try {
        const answer = await this.#ask(contact, request);
        if (answer.kind === "store_ack" && answer.code === undefined) return 1;
        const code = answer.kind === "store_ack" ? answer.code : undefined;
        throw new MeshError(code ?? "bad_frame", "the record was not taken");
      } catch (cause) {
        lastError = toMeshError(cause);
        return 0;
      }
    });
    const acks = (await Promise.all(answers)).reduce<number>((sum, ack) => sum + ack, own);
    return { acks, asked: answers.length + own, lastError };
  }

  /** The providers at a key: those held here, else those the first node answers with that has any. */
  async findProviders(key: Key): Promise<ProviderRecord[]> {
    const held = this.store.get(key, this.#now());
    if (held.length > 0) return held;
    let found: ProviderRecord[] = [];
    await this.#search(key, { kind: "find_value", key }, undefined, (answer) => {
      // What the first one knows is kept: another may answer before that is taken.
      if (found.length === 0 && answer.kind === "find_value_reply") {
        found = this.#verified(key, answer.records);
      }
      return found.length > 0;
    });
    return found;
  }

  /** Forgets what has expired. To be called every minute or so. */
  sweep(): void {
    this.store.sweep(this.#now());
  }

  close(error: MeshError): void {
    this.#exchange.close(error);
  }

  async #findClosest(key: Key, signal: AbortSignal): Promise<readonly Contact[]> {
    const found = await this.#search(key, { kind: "find_node", target: key }, signal, () => false);
    return found.filter((contact) => contact.serves);
  }

  /** Drives one lookup. `take` sees every answer and ends it by saying true. */
  async #search(
    key: Key,
    request: DhtRequest,
    signal: AbortSignal | undefined,
    take: (answer: DhtAnswer) => boolean,
  ): Promise<readonly Contact[]> {
    const { self } = this.#context;
    const lookup = new Lookup<Contact>(key, self, this.#seeds(key));
    this.#context.ports.meter.count("lookups");
    return new Promise((resolve, reject) => {
      const end = (closest: readonly Contact[]): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve(closest);
      };
      const onAbort = (): void => reject(new MeshError("cancelled", "the lookup was cancelled"));
      const advance = (): void => {
        if (signal?.aborted) return;
        for (let step = lookup.next(); step.kind !== "wait"; step = lookup.next()) {
          if (step.kind === "done") {
            end(step.closest);
            return;
          }
          this.#step(step, request, lookup, take).then(
            (enough) => (enough ? end([]) : advance()),
            reject,
          );
        }
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      advance();
    });
  }

  /** Who is asked first: the nearest nodes that serve; where none is known, the neighbours, for what is their own. */
  #seeds(key: Key): Contact[] {
    const serving = this.contacts.closest(key, CONTACTS_MAX);
    if (serving.length > 0) return serving;
    return [...this.#context.table].slice(0, CONTACTS_MAX).map((link) => link.contact);
  }

  async #step(
    step: Extract<LookupStep<Contact>, { kind: "ask" }>,
    request: DhtRequest,
    lookup: Lookup<Contact>,
    take: (answer: DhtAnswer) => boolean,
  ): Promise<boolean> {
    const { contact } = step;
    try {
      const answer = await this.#ask(contact, request);
      this.addContact(contact); // It has answered, so it is worth knowing.
      lookup.answered(contact.id, "contacts" in answer ? this.#readContacts(answer.contacts) : []);
      return take(answer);
    } catch (cause) {
      const error = toMeshError(cause);
      if (error.code === "closed") throw error;
      lookup.failed(contact.id);
      if (this.#context.table.to(contact.id) === undefined) this.contacts.remove(contact.id);
      return false;
    }
  }

  #ask(contact: Contact, request: DhtRequest): Promise<DhtAnswer> {
    const pending = this.#exchange.begin(contact.id, ANSWER_TIMEOUT);
    const number = this.#context.ids.next();
    const question = new Question({
      number,
      messageId: this.#context.ids.bytes(number),
      destination: contact.id,
      anchors: contact.anchors,
      request,
      requestNumber: pending.number,
      expiresAt: this.#context.ports.clock.now() + ANSWER_TIMEOUT,
      fail: (error) => pending.fail(error),
    });
    this.#courier.send(question);
    return pending.answer.finally(() => this.#courier.forget(question.number));
  }

  #serve(arrival: Arrival, type: number, bytes: Bytes, start: number, end: number): void {
    const { number, request } = readDhtRequest(type, bytes, start, end);
    const answer = this.#answerTo(request);
    const answerType = ANSWER_TYPE[answer.kind];
    this.#courier.answer(arrival, answerType, (writer) => writeDhtAnswer(writer, number, answer));
  }

  #answerTo(request: DhtRequest): DhtAnswer {
    if (request.kind === "store") return { kind: "store_ack", code: this.#take(request.record) };
    const key = request.kind === "find_node" ? request.target : request.key;
    const contacts = this.contacts.closest(key, CONTACTS_MAX).map((contact) => contact.bytes);
    if (request.kind === "find_node") return { kind: "find_node_reply", contacts };
    const held = this.store.get(key, this.#now());
    const records = held.slice(0, RECORDS_MAX).map((record) => record.bytes);
    return { kind: "find_value_reply", records, contacts };
  }

  /** Stores what another node brings; why not, where not. */
  #take(bytes: Bytes): MeshError["code"] | undefined {
    if (!this.#context.serves) return "refused";
    try {
      const { realm, verify } = this.#context;
      return this.#putLocally(readRecord(bytes, realm, this.#now(), verify))
        ? undefined
        : "overloaded";
    } catch (cause) {
      this.#context.ports.meter.count("records_refused");
      return toMeshError(cause).code;
    }
  }

  #putLocally(record: ProviderRecord): boolean {
    return this.store.put(record, this.#now()) !== "full";
  }

  #readContacts(contacts: readonly Bytes[]): Contact[] {
    const { realm, verify, self } = this.#context;
    const read: Contact[] = [];
    for (const bytes of contacts) {
      try {
        const contact = readContact(bytes, realm, this.#now(), verify);
        if (contact.serves && !sameId(contact.id, self)) read.push(contact);
      } catch {
        this.#context.ports.meter.count("contacts_refused");
      }
    }
    return read;
  }

  #verified(key: Key, records: readonly Bytes[]): ProviderRecord[] {
    const { realm, verify } = this.#context;
    const live: ProviderRecord[] = [];
    for (const bytes of records) {
      try {
        const record = readRecord(bytes, realm, this.#now(), verify);
        if (sameKey(record, key) && !record.withdrawn && record.expires > this.#now())
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

function sameKey(record: ProviderRecord, key: Key): boolean {
  return sameId(record.key, key as NodeId);
}
