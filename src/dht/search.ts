import { MeshError } from "../base/errors.ts";
import { idText } from "../base/id.ts";
import type { Clock, Millis, Timer } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";
import type { DhtAnswer } from "../wire/dht.ts";
import type { Lookup, LookupLimits } from "./lookup.ts";
import { Patience } from "./patience.ts";

/** How long a search that `hearsOut` waits at its end. */
const HEARD_OUT: Millis = 1_000;

/** What one search is told. */
export interface SearchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<LookupLimits>;
  /** Asked first, one on each path. */
  readonly starts?: readonly Contact[];
  /** Hears those out for a moment at its end whom it has not waited for: one of them may be the only one that knows. */
  readonly hearsOut?: boolean;
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

/** One run of a lookup: asks whom it names, tells it who is late, and ends when it does. */
export class Search {
  /** Rejects with `cancelled` where the signal fires, and with what `ask` rejects with. */
  readonly result: Promise<SearchResult>;
  readonly #clock: Clock;
  readonly #lookup: Lookup<Contact>;
  readonly #ask: (contact: Contact) => Promise<DhtAnswer | undefined>;
  readonly #options: SearchOptions;
  readonly #patience = new Patience<Contact>();
  readonly #onAbort = (): void =>
    this.#fail(new MeshError("cancelled", "the lookup was cancelled"));
  #waiting = 0;
  #answered = 0;
  #over = false;
  /** When it ends, whoever has not answered by then. */
  #until: Millis | undefined;
  /** For the next one that is late, or for the end. */
  #timer: Timer | undefined;
  #resolve!: (result: SearchResult) => void;
  #reject!: (error: unknown) => void;

  /** `ask` tells the lookup what came of it, and resolves to the answer, or to nothing where there is none. */
  constructor(
    clock: Clock,
    lookup: Lookup<Contact>,
    ask: (contact: Contact) => Promise<DhtAnswer | undefined>,
    options: SearchOptions,
  ) {
    this.#clock = clock;
    this.#lookup = lookup;
    this.#ask = ask;
    this.#options = options;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal } = options;
    if (signal?.aborted) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#advance();
  }

  #advance(): void {
    this.#timer?.cancel();
    for (;;) {
      const step = this.#lookup.next();
      if (step.kind === "wait") break;
      if (step.kind === "done") {
        this.#conclude(step.closest);
        return;
      }
      this.#begin(step.contact);
    }
    const { due } = this.#patience;
    if (due === undefined) return;
    this.#timer = this.#clock.timer(Math.max(0, due - this.#clock.now()), () => {
      for (const { id } of this.#patience.late(this.#clock.now())) this.#lookup.late(id);
      this.#advance();
    });
  }

  #begin(contact: Contact): void {
    this.#waiting += 1;
    this.#patience.asked(contact, this.#clock.now());
    this.#ask(contact).then(
      (answer) => this.#heard(contact, answer),
      (cause) => this.#fail(cause),
    );
  }

  #heard(contact: Contact, answer: DhtAnswer | undefined): void {
    if (this.#over) return;
    this.#waiting -= 1;
    this.#patience.ended(contact, this.#clock.now(), answer !== undefined);
    if (answer !== undefined) this.#answered += 1;
    if (answer !== undefined && this.#options.take?.(answer) === true) this.#end([], contact);
    else this.#advance();
  }

  /** Everybody near was asked; some may not have been waited for. */
  #conclude(closest: readonly Contact[]): void {
    const now = this.#clock.now();
    this.#until ??= this.#options.hearsOut === true ? now + HEARD_OUT : now;
    if (this.#waiting === 0 || this.#until <= now) this.#end(closest, undefined);
    else this.#timer = this.#clock.timer(this.#until - now, () => this.#end(closest, undefined));
  }

  #end(closest: readonly Contact[], by: Contact | undefined): void {
    this.#stop();
    const { asked } = this.#lookup;
    const steps = by === undefined ? 0 : this.#lookup.stepOf(by.id);
    this.#resolve({ closest, holder: by && idText(by.id), steps, asked, answered: this.#answered });
  }

  #fail(error: unknown): void {
    this.#stop();
    this.#reject(error);
  }

  #stop(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
