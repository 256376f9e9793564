import { BoundedMap } from "../base/bounded.ts";
import { MeshError } from "../base/errors.ts";
import { idNumber, type NodeId, sameId, shortId } from "../base/id.ts";
import type { Millis, Timer } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import {
  type Gain,
  type RoutingStrategy,
  STRATEGIES_MAX,
  Strategies,
  type StrategyState,
} from "../routing/strategy.ts";
import { failureOf } from "./punch-failure.ts";
import { PUNCHES_MAX, type PunchPeer, type PunchResult } from "./punch-table.ts";
import type { Puncher } from "./puncher.ts";
import type { Sightings } from "./sightings.ts";

/** Shortcuts at once; beyond, the one used longest ago is let go. */
export const SHORTCUTS_MAX = 32;

/** How often what is known is looked through, and after how much idle time a shortcut is let go. */
const REVIEW_EVERY: Millis = 60_000;
const IDLE: Millis = 60_000;

/** Punches that are left to calls which wait for one: probes go without. */
const PUNCHES_SPARED = 4;

/** Probes that one review begins. */
const PROBES_AT_ONCE = 4;

/** Questions by which the round trip of a new link is measured: the first one pays for everything that is cold. */
const QUESTIONS = 3;

const UNUSED: MeshError = new MeshError("unneeded", "the shortcut is not needed");

/** Calls that were answered: by whom, over which link, and how long they took. */
export interface AnsweredCall {
  readonly provider: PunchPeer;
  readonly via: Link | undefined;
  readonly isDirect: boolean;
  readonly calls: number;
  /** The mean of them. */
  readonly latency: Millis;
  /** Whether a shortcut may be opened for such calls. */
  readonly mayOpen: boolean;
}

interface Target {
  readonly peer: PunchPeer;
  /** Attempts in a row in which no packet came through. */
  blocked: number;
}

/**
 * Opens links to providers that are worth it, beside the routing that works without: calls begin through the mesh,
 * go over the shortcut once it is there, and through the mesh again when it is gone.
 */
export class Shortcuts {
  readonly strategy: RoutingStrategy;
  readonly #context: RoutingContext;
  readonly #puncher: Puncher;
  readonly #sightings: Sightings;
  readonly #strategies = new Strategies();
  readonly #targets = new BoundedMap<number, Target>(STRATEGIES_MAX);
  /** Links that calls wait for. As many as punches at most. */
  readonly #opening = new Map<number, Promise<Link>>();
  /** Attempts under way, by whom they are to: a call that needs a link waits for what a probe has begun. As many as punches. */
  readonly #punches = new Map<number, Promise<PunchResult>>();
  #review: Timer | undefined;
  #closed = false;

  constructor(
    context: RoutingContext,
    puncher: Puncher,
    sightings: Sightings,
    strategy: RoutingStrategy,
  ) {
    this.#context = context;
    this.#puncher = puncher;
    this.#sightings = sightings;
    this.strategy = strategy;
    if (strategy !== "multi_hop_only") this.#scheduleReview();
  }

  /** Destinations of which something is known. */
  get known(): number {
    return this.#strategies.size;
  }

  /** What shortcuts were good for. */
  get gain(): Gain {
    return this.#strategies.gain;
  }

  /** Shortcuts there are now. */
  get size(): number {
    return this.#links().length;
  }

  /** What is known of the ways to a node. */
  at(id: NodeId): StrategyState {
    return this.#strategies.at(id, this.#now());
  }

  states(): Iterable<readonly [NodeId, StrategyState]> {
    return this.#strategies.states(this.#now());
  }

  /** A call was answered. Not to be told where the strategy is `multi_hop_only`. */
  answered({ provider, via, isDirect, calls, latency, mayOpen }: AnsweredCall): void {
    if (this.#closed || (isDirect && via?.isShortcut !== true)) return;
    const now = this.#now();
    const passage = isDirect ? "direct" : "multi_hop";
    this.#strategies.answered(provider.id, passage, latency, now, calls);
    if (isDirect || !mayOpen || !this.#strategies.wantsProbe(provider.id, now)) return;
    if (this.#context.table.to(provider.id) === undefined) this.#probe(this.#target(provider));
  }

  /** Calls over a shortcut were not answered, and nothing else came over it: it is doubted from now on. */
  doubted(link: Link): void {
    this.#failed(link);
  }

  /**
   * A link to `provider`, which is opened where there is none.
   *
   * @throws {MeshError} `no_direct_link` with the reason.
   */
  async open(provider: PunchPeer): Promise<Link> {
    const existing = this.#context.table.to(provider.id);
    if (existing) return existing;
    const key = idNumber(provider.id);
    const known = this.#opening.get(key);
    if (known !== undefined) return known;
    const opening = this.#open(provider).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  /** To be told of every new link, before all others are. */
  linkAdded(link: Link): void {
    if (this.#puncher.expects(link.peer)) link.isShortcut = true;
    this.#puncher.linkAdded(link);
    if (link.isShortcut) this.#shed();
  }

  /** To be told of every lost link. `isMeant`: one of its ends has let it go. */
  linkLost(link: Link, isMeant: boolean): void {
    if (!link.isShortcut || this.#context.table.to(link.peer) !== undefined) return;
    this.#strategies.closed(link.peer);
    if (isMeant) return;
    this.#sightings.doubt();
    // One that was doubted has failed already.
    if (!link.isSuspect) this.#failed(link);
  }

  close(): void {
    this.#closed = true;
    this.#review?.cancel();
    this.#puncher.close();
  }

  async #open(provider: PunchPeer): Promise<Link> {
    const { reason, pause } = this.at(provider.id);
    if (this.strategy === "multi_hop_only") throw noLink(provider.id, "this node opens none");
    if (pause > 0) throw noLink(provider.id, reason);
    const target = this.#target(provider);
    this.#strategies.probing(provider.id, this.#now());
    const result = await this.#punch(target);
    if (result.kind === "linked") {
      this.#strategies.opened(provider.id, this.#now());
      return result.link;
    }
    throw noLink(provider.id, this.at(provider.id).reason);
  }

  #target(peer: PunchPeer): Target {
    const key = idNumber(peer.id);
    const known = this.#targets.peek(key);
    const blocked = known !== undefined && sameId(known.peer.id, peer.id) ? known.blocked : 0;
    const target = { peer, blocked };
    this.#targets.set(key, target);
    return target;
  }

  #probe(target: Target): void {
    const { id } = target.peer;
    if (this.#puncher.size >= PUNCHES_MAX - PUNCHES_SPARED) return;
    this.#strategies.probing(id, this.#now());
    this.#punch(target).then(
      (result) => (result.kind === "linked" ? this.#measure(result.link) : undefined),
      () => {}, // The node is closing.
    );
  }

  #punch(target: Target): Promise<PunchResult> {
    const key = idNumber(target.peer.id);
    const known = this.#punches.get(key);
    if (known !== undefined) return known;
    const punch = this.#attempt(target).finally(() => this.#punches.delete(key));
    this.#punches.set(key, punch);
    return punch;
  }

  /** Keeps the books of an attempt that has come to nothing. */
  async #attempt(target: Target): Promise<PunchResult> {
    const { id } = target.peer;
    this.#context.ports.meter.count("direct_probes");
    const { multiHop } = this.at(id);
    const result = await this.#puncher.open(target.peer, multiHop && multiHop / 2);
    if (result.kind === "linked") {
      target.blocked = 0;
      return result;
    }
    const { outcome, mappings } = result;
    if (outcome.kind === "blocked") {
      target.blocked += 1;
      this.#sightings.doubt();
    }
    const failure = failureOf(outcome, mappings, target.blocked);
    this.#strategies.probeFailed(id, failure, this.#now());
    const fields = { node: shortId(id), reason: failure.reason };
    this.#context.ports.log.write("debug", "no_shortcut", fields);
    return result;
  }

  /** The shortcut is there: it stays where it is good for something. */
  async #measure(link: Link): Promise<void> {
    const roundTrip = await this.#roundTripOf(link);
    if (this.#closed) return;
    if (roundTrip === undefined) {
      const failure = { reason: "the link was lost at once", pause: REVIEW_EVERY };
      this.#strategies.probeFailed(link.peer, failure, this.#now());
      this.#letGo(link);
    } else if (this.#strategies.probed(link.peer, roundTrip, this.#now()) === "multi_hop") {
      this.#letGo(link);
    } else this.#context.ports.meter.count("switched_to_direct");
  }

  /** The shortest of a few; `undefined` where none was answered, or the link is gone. */
  async #roundTripOf(link: Link): Promise<Millis | undefined> {
    let least: Millis | undefined;
    for (let asked = 0; asked < QUESTIONS; asked++) {
      const roundTrip = await this.#sightings.ask(link).catch(() => undefined);
      if (link.ended !== undefined) return undefined;
      if (roundTrip === undefined) break;
      least = Math.min(roundTrip, least ?? roundTrip);
    }
    return least;
  }

  #failed(link: Link): void {
    if (!this.#strategies.unanswered(link.peer, "direct", this.#now())) return;
    this.#context.ports.meter.count("switched_to_multi_hop");
    this.#letGo(link);
  }

  #links(): Link[] {
    return [...this.#context.table].filter((link) => link.isShortcut && !link.isClosing);
  }

  #letGo(link: Link): void {
    if (link.isShortcut && !link.pinned) link.close(UNUSED);
  }

  #shed(): void {
    const byUse = this.#links().sort((a, b) => b.usedAt - a.usedAt);
    for (const link of byUse.slice(SHORTCUTS_MAX)) this.#letGo(link);
  }

  #scheduleReview(): void {
    this.#review = this.#context.ports.clock.timer(REVIEW_EVERY, () => {
      this.#lookThrough(this.#now());
      this.#scheduleReview();
    });
  }

  #lookThrough(now: Millis): void {
    for (const link of this.#links()) {
      if (now - link.usedAt > IDLE) this.#letGo(link);
    }
    const due = this.#strategies.review(now).slice(0, PROBES_AT_ONCE);
    for (const id of this.strategy === "hybrid" ? due : []) {
      const target = this.#targets.peek(idNumber(id));
      if (target !== undefined && sameId(target.peer.id, id)) this.#probe(target);
    }
  }

  #now(): Millis {
    return this.#context.ports.clock.now();
  }
}

function noLink(id: NodeId, reason: string): MeshError {
  return new MeshError("no_direct_link", `there is no link to node ${shortId(id)}: ${reason}`);
}
