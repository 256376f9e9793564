import type { Address } from "../base/address.ts";
import type { Millis } from "../base/ports.ts";

/** Neighbours asked in one round. */
export const WITNESSES_MAX = 3;

/** Witnesses that have to agree, where there are as many. */
const AGREEING = 2;

/** How long a proof is good. */
const PROVED_FOR: Millis = 1_800_000;

/** When one that rests on a single witness is confirmed; then twice as long each time, up to `PROVED_FOR`. */
const CONFIRM_AFTER: Millis = 10_000;

/** When the next attempt follows one that failed, and one in which nobody could tell; then twice as long each time. */
const RETRY_AFTER: Millis = 15_000;
const ASK_AGAIN_AFTER: Millis = 200;

/** Rounds in a row that take a proof away: a single one may have met a bad moment. */
const FAILURES_MAX = 2;

/** Whether others can dial this node: nobody has tried yet, they can, or they tried in vain. */
export type Dialability = "unproved" | "proved" | "failed";

/** What a witness says: where it has reached this node, that it has not, or nothing that helps. */
export type Testimony =
  | { readonly kind: "reached"; readonly address: Address }
  | { readonly kind: "not_reached" }
  | { readonly kind: "abstained" };

/** One time of asking. */
interface Round {
  waiting: number;
  readonly reached: Address[];
  notReached: number;
}

/**
 * Whether this node can be dialled, as its neighbours say who were asked to try. Two have to agree; one is enough for
 * as long as no other can tell. Pure: facts in, state out, time (monotonic) as an argument.
 *
 *   unproved ── reached ──▶ proved ── two rounds in vain ──▶ failed ── reached ──▶ proved
 *   unproved ── one round in vain ──▶ failed
 */
export class DialProof {
  #state: Dialability;
  #addresses: readonly Address[] = [];
  #round: Round | undefined;
  /** The node has moved since the round under way began. */
  #isOutdated = false;
  #dueAt: Millis = 0;
  /** Rounds in a row that were in vain, rested on one witness, or told nothing. */
  #failures = 0;
  #single = 0;
  #silent = 0;

  /** `isFirst`: there is no mesh yet that could try; whoever comes has dialled this node. */
  constructor(isFirst: boolean) {
    this.#state = isFirst ? "proved" : "unproved";
  }

  get state(): Dialability {
    return this.#state;
  }

  /** Where witnesses reached this node, as many as had to agree. At most one for each of them. */
  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** When the next round is due; never while one is under way. */
  get dueAt(): Millis {
    return this.#round === undefined ? this.#dueAt : Number.POSITIVE_INFINITY;
  }

  /** Begins a round of as many witnesses, one or more; what each of them says is then told by `heard`. */
  begin(witnesses: number): void {
    this.#round = { waiting: witnesses, reached: [], notReached: 0 };
  }

  /** One witness of the round has spoken. True where that has settled it; what follows then is not waited for. */
  heard(testimony: Testimony, now: Millis): boolean {
    const round = this.#round;
    if (round === undefined) return false;
    round.waiting -= 1;
    if (testimony.kind === "reached") round.reached.push(testimony.address);
    else if (testimony.kind === "not_reached") round.notReached += 1;
    if (!isOver(round)) return false;
    this.#round = undefined;
    this.#settle(round, now);
    if (this.#isOutdated) this.moved(now);
    return true;
  }

  /** Every link was lost: who comes next is asked at once, because this node may be elsewhere now. */
  isolated(now: Millis): void {
    this.#dueAt = Math.min(this.#dueAt, now);
  }

  /** This node may be elsewhere now: it is asked again at once, and one round in vain takes the proof away. */
  moved(now: Millis): void {
    this.#failures = Math.max(this.#failures, FAILURES_MAX - 1);
    this.#dueAt = now;
    this.#isOutdated = this.#round !== undefined;
  }

  #settle({ reached, notReached }: Round, now: Millis): void {
    const needed = Math.min(AGREEING, reached.length + notReached);
    if (needed === 0) {
      this.#silent += 1;
      this.#dueAt = now + growing(ASK_AGAIN_AFTER, this.#silent);
      return;
    }
    this.#silent = 0;
    if (reached.length >= needed) this.#proved(reached, needed, now);
    else this.#failed(now);
  }

  #proved(reached: readonly Address[], needed: number, now: Millis): void {
    this.#state = "proved";
    this.#failures = 0;
    this.#single = needed < AGREEING ? this.#single + 1 : 0;
    const named = (address: Address): number => reached.filter((it) => it === address).length;
    this.#addresses = [...new Set(reached)].filter((address) => named(address) >= needed);
    this.#dueAt = now + (this.#single > 0 ? growing(CONFIRM_AFTER, this.#single) : PROVED_FOR);
  }

  #failed(now: Millis): void {
    this.#failures += 1;
    this.#dueAt = now + growing(RETRY_AFTER, this.#failures);
    if (this.#state === "proved" && this.#failures < FAILURES_MAX) return;
    this.#state = "failed";
    this.#addresses = [];
  }
}

/** Nothing that could still be said would change the outcome. */
function isOver({ waiting, reached, notReached }: Round): boolean {
  return waiting === 0 || reached.length >= AGREEING || notReached >= AGREEING;
}

function growing(first: Millis, times: number): Millis {
  return Math.min(PROVED_FOR, first * 2 ** Math.min(20, times - 1));
}
