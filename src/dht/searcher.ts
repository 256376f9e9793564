import { toMeshError } from "../base/errors.ts";
import type { Key } from "../base/id.ts";
import type { Contact } from "../peer/contact.ts";
import type { DhtAnswer, DhtRequest } from "../wire/dht.ts";
import type { Asker } from "./asker.ts";
import type { DhtContext } from "./dht-context.ts";
import { Lookup } from "./lookup.ts";
import { Search, type SearchOptions, type SearchResult } from "./search.ts";

/** What a search tells of the nodes it meets. */
export interface SearchObserver {
  /** The contacts in an answer, read and verified. */
  read(contacts: readonly Uint8Array[]): Contact[];
  answered(contact: Contact): void;
  failed(contact: Contact): void;
}

/** Drives lookups: asks whom they name, and tells them what came. */
export class Searcher {
  readonly #context: DhtContext;
  readonly #asker: Asker;
  readonly #observer: SearchObserver;

  constructor(context: DhtContext, asker: Asker, observer: SearchObserver) {
    this.#context = context;
    this.#asker = asker;
    this.#observer = observer;
  }

  /** Searches towards `target`, asking `request` of each node on the way. Rejects with `cancelled` and `closed`. */
  search(
    target: Key,
    request: DhtRequest,
    seeds: readonly Contact[],
    options: SearchOptions = {},
  ): Promise<SearchResult> {
    const { limits, starts } = options;
    const lookup = new Lookup<Contact>(target, this.#context.self, seeds, limits, starts);
    this.#context.ports.meter.count("lookups");
    const ask = (contact: Contact) => this.#ask(contact, request, lookup);
    return new Search(this.#context.ports.clock, lookup, ask, options).result;
  }

  /** Resolves to the answer of one node, or to nothing where it gave none. Rejects with `closed`. */
  async #ask(
    contact: Contact,
    request: DhtRequest,
    lookup: Lookup<Contact>,
  ): Promise<DhtAnswer | undefined> {
    try {
      const answer = await this.#asker.ask(contact, request);
      this.#observer.answered(contact);
      const contacts = "contacts" in answer ? this.#observer.read(answer.contacts) : [];
      lookup.answered(contact.id, contacts);
      return answer;
    } catch (cause) {
      const error = toMeshError(cause);
      if (error.code === "closed") throw error;
      lookup.failed(contact.id);
      this.#observer.failed(contact);
      return undefined;
    }
  }
}
