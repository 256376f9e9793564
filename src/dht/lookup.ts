import { compareDistance, idText, type Key, type NodeId } from "../base/id.ts";

export interface LookupLimits {
  /** Nodes that a lookup ends with: the k of Kademlia. */
  readonly width: number;
  /** Questions under way at once: its alpha. */
  readonly parallel: number;
  /** Nodes asked in one lookup at most. */
  readonly askedMax: number;
}

export const LOOKUP_LIMITS: LookupLimits = { width: 20, parallel: 3, askedMax: 100 };

/** What the driver of a lookup has to do next. */
export type LookupStep<C> =
  | { readonly kind: "ask"; readonly contact: C }
  | { readonly kind: "wait" }
  | { readonly kind: "done"; readonly closest: readonly C[] };

interface Candidate<C> {
  readonly contact: C;
  state: "fresh" | "asked" | "answered" | "failed";
}

/** One iterative search for the nodes nearest to a key (Kademlia, 2002, 2.3). Facts in, next step out. */
export class Lookup<C extends { readonly id: NodeId }> {
  readonly #target: Key;
  readonly #limits: LookupLimits;
  /** By distance, nearest first. */
  readonly #candidates: Candidate<C>[] = [];
  readonly #known = new Set<string>();
  #asked = 0;

  constructor(
    target: Key,
    self: NodeId,
    seeds: readonly C[],
    limits: LookupLimits = LOOKUP_LIMITS,
  ) {
    this.#target = target;
    this.#limits = limits;
    this.#known.add(idText(self));
    for (const seed of seeds) this.#learn(seed);
  }

  /** Nodes asked so far. */
  get asked(): number {
    return this.#asked;
  }

  /** The next step; to be asked for again after each `ask`, and whenever an answer or a failure came. */
  next(): LookupStep<C> {
    const nearest = this.#candidates
      .filter((candidate) => candidate.state !== "failed")
      .slice(0, this.#limits.width);
    const fresh = nearest.find((candidate) => candidate.state === "fresh");
    const waiting = nearest.filter((candidate) => candidate.state === "asked").length;
    if (fresh && waiting < this.#limits.parallel && this.#asked < this.#limits.askedMax) {
      fresh.state = "asked";
      this.#asked += 1;
      return { kind: "ask", contact: fresh.contact };
    }
    if (waiting > 0) return { kind: "wait" };
    const answered = nearest.filter((candidate) => candidate.state === "answered");
    return { kind: "done", closest: answered.map((candidate) => candidate.contact) };
  }

  /** `id` has answered with the contacts it knows near the key. */
  answered(id: NodeId, contacts: readonly C[]): void {
    this.#mark(id, "answered");
    for (const contact of contacts) this.#learn(contact);
  }

  /** `id` did not answer. */
  failed(id: NodeId): void {
    this.#mark(id, "failed");
  }

  #learn(contact: C): void {
    const key = idText(contact.id);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const at = this.#candidates.findIndex(
      (it) => compareDistance(this.#target, contact.id, it.contact.id) < 0,
    );
    this.#candidates.splice(at < 0 ? this.#candidates.length : at, 0, { contact, state: "fresh" });
  }

  #mark(id: NodeId, state: "answered" | "failed"): void {
    const key = idText(id);
    const candidate = this.#candidates.find((it) => idText(it.contact.id) === key);
    if (candidate?.state === "asked") candidate.state = state;
  }
}
