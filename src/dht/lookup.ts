import { compareDistance, idNumber, type Key, type NodeId, sameId } from "../base/id.ts";

export interface LookupLimits {
  /** Nodes that a lookup ends with: the k of Kademlia. */
  readonly width: number;
  /** Questions under way at once: its alpha. They are dealt to the paths; each has one at least. */
  readonly parallel: number;
  /** Ways that have no node in common: a liar on one of them misleads that one alone. */
  readonly paths: number;
  /** Nodes asked on one path at most. */
  readonly askedMax: number;
}

const LOOKUP_LIMITS: LookupLimits = { width: 20, parallel: 3, paths: 3, askedMax: 100 };

/**
 * For what has to get past liars: storing, and looking again where a lookup has found nothing. Eight questions at once
 * on eight paths cost two and a half times as many as the usual lookup (docs/decisions/0006).
 */
export const CAREFUL: Partial<LookupLimits> = { paths: 8, parallel: 8 };

/** What the driver of a lookup has to do next. */
export type LookupStep<C> =
  | { readonly kind: "ask"; readonly contact: C }
  | { readonly kind: "wait" }
  | { readonly kind: "done"; readonly closest: readonly C[] };

/** What a lookup needs to know of a node. */
interface Found {
  readonly id: NodeId;
  /** Of two contacts of one node the higher counts; all count the same where there is none. */
  readonly seq?: number;
}

interface Candidate<C> {
  contact: C;
  /** The path that has asked it. */
  path: Path<C> | undefined;
  state: "fresh" | "asked" | "late" | "answered" | "failed";
  /** Answers that led to it, and its own: 1 for one that was known at the start. */
  readonly step: number;
  /** Another one with the same number. */
  readonly sibling: Candidate<C> | undefined;
}

/** One of the ways to the target: what it was told, and what it asks. */
interface Path<C> {
  /** By distance, nearest first. */
  readonly candidates: Candidate<C>[];
  /** Asked before all others. */
  start: Candidate<C> | undefined;
  waiting: number;
  asked: number;
}

/**
 * One iterative search for the nodes nearest to a key (Kademlia, 2002, 2.3) over disjoint paths (S/Kademlia, 2007,
 * 4.4): a node is asked on one path only, and what it says is followed on that path alone. Facts in, next step out.
 */
export class Lookup<C extends Found> {
  readonly #target: Key;
  readonly #self: NodeId;
  readonly #limits: LookupLimits;
  readonly #paths: Path<C>[];
  readonly #known = new Map<number, Candidate<C>>();
  #turn = 0;
  #asked = 0;

  /**
   * `starts`, one for each path, are asked first, near or not: where liars crowd around the target, the nearest
   * contacts one knows may all be theirs.
   */
  constructor(
    target: Key,
    self: NodeId,
    seeds: readonly C[],
    limits: Partial<LookupLimits> = {},
    starts: readonly C[] = [],
  ) {
    this.#target = target;
    this.#self = self;
    this.#limits = { ...LOOKUP_LIMITS, ...limits };
    this.#paths = Array.from({ length: this.#limits.paths }, () => ({
      candidates: [],
      start: undefined,
      waiting: 0,
      asked: 0,
    }));
    const sorted = [...seeds].sort((a, b) => compareDistance(target, a.id, b.id));
    for (const [at, seed] of sorted.entries()) {
      this.#learn(this.#paths[at % this.#paths.length] as Path<C>, seed, 1);
    }
    for (const [at, path] of this.#paths.entries()) {
      const start = starts[at];
      if (start === undefined || sameId(start.id, self)) continue;
      path.start = this.#find(start.id) ?? this.#add(start, 1);
    }
  }

  /** Nodes asked so far. */
  get asked(): number {
    return this.#asked;
  }

  /** How many answers led to what `id` says, its own included; 0 for one that was not asked. */
  stepOf(id: NodeId): number {
    const candidate = this.#find(id);
    return candidate?.path === undefined ? 0 : candidate.step;
  }

  /** The next step; to be asked for again after each `ask`, and whenever an answer or a failure came. */
  next(): LookupStep<C> {
    const { parallel, paths, askedMax } = this.#limits;
    const parallelOfPath = Math.max(1, Math.ceil(parallel / paths));
    let waiting = 0;
    for (let count = 0; count < paths; count++) {
      const path = this.#paths[this.#turn++ % paths] as Path<C>;
      waiting += path.waiting;
      if (path.waiting >= parallelOfPath || path.asked >= askedMax) continue;
      const candidate = this.#nextOf(path);
      if (candidate === undefined) continue;
      candidate.state = "asked";
      candidate.path = path;
      path.waiting += 1;
      path.asked += 1;
      this.#asked += 1;
      return { kind: "ask", contact: candidate.contact };
    }
    return waiting > 0 ? { kind: "wait" } : { kind: "done", closest: this.#closest() };
  }

  /** `id` has answered with the contacts it knows near the key. */
  answered(id: NodeId, contacts: readonly C[]): void {
    const candidate = this.#settle(id, "answered");
    if (candidate?.path === undefined) return;
    for (const contact of contacts) this.#learn(candidate.path, contact, candidate.step + 1);
  }

  /** `id` did not answer. */
  failed(id: NodeId): void {
    this.#settle(id, "failed");
  }

  /** `id` takes its time: its path goes on, and does not wait for it in the end. Its answer still counts. */
  late(id: NodeId): void {
    this.#settle(id, "late");
  }

  /** The nearest one nobody has asked, among the nearest that this path knows and that are not late or failed. */
  #nextOf(path: Path<C>): Candidate<C> | undefined {
    if (path.start?.state === "fresh") return path.start;
    let near = 0;
    for (const candidate of path.candidates) {
      if (candidate.state === "fresh") return candidate;
      if (candidate.state !== "failed" && candidate.state !== "late") near += 1;
      if (near >= this.#limits.width) return undefined;
    }
    return undefined;
  }

  #closest(): C[] {
    const answered: C[] = [];
    for (const first of this.#known.values()) {
      for (let it: Candidate<C> | undefined = first; it; it = it.sibling) {
        if (it.state === "answered") answered.push(it.contact);
      }
    }
    answered.sort((a, b) => compareDistance(this.#target, a.id, b.id));
    return answered.slice(0, this.#limits.width);
  }

  #learn(path: Path<C>, contact: C, step: number): void {
    if (sameId(contact.id, this.#self)) return;
    const candidate = this.#find(contact.id) ?? this.#add(contact, step);
    this.#update(candidate, contact);
    const { candidates } = path;
    // Most of what comes is nearer than most of what is there: look for its place from the end.
    let at = candidates.length;
    while (at > 0) {
      const other = candidates[at - 1] as Candidate<C>;
      const order = compareDistance(this.#target, other.contact.id, contact.id);
      if (order === 0) return;
      if (order < 0) break;
      at -= 1;
    }
    candidates.splice(at, 0, candidate);
  }

  /** Who is reached another way than was known may answer after all. Only the node itself can sign a newer contact. */
  #update(candidate: Candidate<C>, contact: C): void {
    if ((contact.seq ?? 0) <= (candidate.contact.seq ?? 0)) return;
    candidate.contact = contact;
    if (candidate.state === "failed") candidate.state = "fresh";
  }

  #add(contact: C, step: number): Candidate<C> {
    const key = idNumber(contact.id);
    const sibling = this.#known.get(key);
    const added: Candidate<C> = { contact, path: undefined, state: "fresh", step, sibling };
    this.#known.set(key, added);
    return added;
  }

  #find(id: NodeId): Candidate<C> | undefined {
    let candidate = this.#known.get(idNumber(id));
    while (candidate && !sameId(candidate.contact.id, id)) candidate = candidate.sibling;
    return candidate;
  }

  #settle(id: NodeId, state: "answered" | "failed" | "late"): Candidate<C> | undefined {
    const candidate = this.#find(id);
    const before = candidate?.state;
    if (candidate?.path === undefined || (before !== "asked" && before !== "late"))
      return undefined;
    if (before === "asked") candidate.path.waiting -= 1;
    candidate.state = state;
    return candidate;
  }
}
