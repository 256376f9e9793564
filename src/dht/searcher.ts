import { MeshError, toMeshError } from "../base/errors.ts";
import { idText, type Key } from "../base/id.ts";
import type { Timer } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";
import type { DhtAnswer, DhtRequest } from "../wire/dht.ts";
import type { Asker } from "./asker.ts";
import type { DhtContext } from "./dht-context.ts";
import { Lookup, type LookupLimits, type LookupStep } from "./lookup.ts";
import { Patience } from "./patience.ts";

/** What one search is told. */
export interface SearchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<LookupLimits>;
  /** Asked first, one on each path. */
  readonly starts?: readonly Contact[];
  /** Sees every answer, and ends the search by saying true. */
  readonly take?: (answer: DhtAnswer) => boolean;
}

/** What came of a search. */
export interface SearchResult {
  /** The nodes nearest to the target that answered, nearest first; empty where `take` ended the search. */
  readonly closest: readonly Contact[];
  /** Hexadecimal id of the node whose answer ended the search. */
  readonly holder: string | undefined;
  /** Answers that led to that one, itself included; 0 where there is none. */
  readonly steps: number;
  /** Nodes that were asked, and those that answered. */
  readonly asked: number;
  readonly answered: number;
}

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
    const { signal, limits, starts } = options;
    const lookup = new Lookup<Contact>(target, this.#context.self, seeds, limits, starts);
    const { clock, meter } = this.#context.ports;
    meter.count("lookups");
    const patience = new Patience<Contact>();
    let answered = 0;
    return new Promise((resolve, reject) => {
      let over = false;
      let timer: Timer | undefined;
      const end = (closest: readonly Contact[], by: Contact | undefined): void => {
        over = true;
        timer?.cancel();
        signal?.removeEventListener("abort", onAbort);
        const { asked } = lookup;
        const steps = by === undefined ? 0 : lookup.stepOf(by.id);
        resolve({ closest, holder: by && idText(by.id), steps, asked, answered });
      };
      const fail = (error: unknown): void => {
        over = true;
        timer?.cancel();
        signal?.removeEventListener("abort", onAbort);
        reject(error);
      };
      const onAbort = (): void => fail(new MeshError("cancelled", "the lookup was cancelled"));
      const advance = (): void => {
        for (let step = lookup.next(); !over && step.kind !== "wait"; step = lookup.next()) {
          if (step.kind === "done") {
            end(step.closest, undefined);
            return;
          }
          const { contact } = step;
          patience.asked(contact, clock.now());
          this.#step(step, request, lookup).then((answer) => heard(contact, answer), fail);
        }
        watch();
      };
      const watch = (): void => {
        timer?.cancel();
        const { due } = patience;
        if (over || due === undefined) return;
        timer = clock.timer(Math.max(0, due - clock.now()), () => {
          for (const { id } of patience.late(clock.now())) lookup.late(id);
          advance();
        });
      };
      const heard = (contact: Contact, answer: DhtAnswer | undefined): void => {
        if (over) return;
        patience.ended(contact, clock.now(), answer !== undefined);
        if (answer !== undefined) answered += 1;
        if (answer !== undefined && options.take?.(answer) === true) end([], contact);
        else advance();
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      advance();
    });
  }

  /** Resolves to the answer of one node, or to nothing where it gave none. Rejects with `closed`. */
  async #step(
    step: Extract<LookupStep<Contact>, { kind: "ask" }>,
    request: DhtRequest,
    lookup: Lookup<Contact>,
  ): Promise<DhtAnswer | undefined> {
    const { contact } = step;
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
