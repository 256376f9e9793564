import { BoundedMap } from "../base/bounded.ts";
import { idNumber, type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { Samples } from "./samples.ts";

/** Which ways a node, or a call, may use: routing with shortcuts, routing alone, or links to the provider alone. */
export type RoutingStrategy = "hybrid" | "multi_hop_only" | "direct_only";

export const ROUTING_STRATEGIES: readonly RoutingStrategy[] = [
  "hybrid",
  "multi_hop_only",
  "direct_only",
];

/** What is best for one destination, as far as known. */
export type Strategy = "unknown" | "multi_hop" | "direct";

/** How a call went. */
export type Passage = Exclude<Strategy, "unknown">;

/** Destinations remembered; the one not called for longest goes. */
export const STRATEGIES_MAX = 1_024;

/** What is known of a destination is forgotten after this time without news of it. */
export const STRATEGY_LIFE: Millis = 300_000;

/** More calls a minute than this are worth a shortcut; so are routed calls that take longer than this on average. */
const OFTEN = 10;
const SLOW: Millis = 50;

/** Share of direct calls that has to be answered for a shortcut to be chosen, and to be kept. */
const SUCCESS_LEAST = 0.9;
const SUCCESS_KEPT = 0.8;

/** Direct calls below which their share says nothing. */
const TELLING_LEAST = 5;

const MINUTE: Millis = 60_000;

/** Within this time of the last note of a destination its place among the others is not seen to: calls are many. */
const TOUCH_INTERVAL: Millis = 1_000;

/** Why a probe came to nothing, and how long another one makes no sense. */
export interface ProbeFailure {
  readonly reason: string;
  readonly pause: Millis;
}

/** What direct links were good for so far. */
export interface Gain {
  /** Calls that were answered over one. */
  readonly directCalls: number;
  /** Milliseconds that these calls took less, in all, than routed calls to the same providers did on average; below 0 for more. */
  readonly latencySaved: Millis;
}

/** What is known of a destination, for people. */
export interface StrategyState {
  readonly strategy: Strategy;
  /** Why it is that. */
  readonly reason: string;
  /** Mean latency of the calls that went this way, `undefined` where none was answered. */
  readonly multiHop: Millis | undefined;
  readonly direct: Millis | undefined;
  /** Share of the direct calls that were answered, 0 to 1. */
  readonly successRate: number;
  /** Calls that this rests on, of both kinds. */
  readonly samples: number;
  /** Until no probe is made, in milliseconds from now; 0 where one may be. */
  readonly pause: Millis;
}

interface Entry {
  readonly destination: NodeId;
  strategy: Strategy;
  reason: string;
  updatedAt: Millis;
  /** When it last took its place among the others. */
  touchedAt: Millis;
  readonly routed: Samples;
  readonly direct: Samples;
  directAt: Millis;
  isProbing: boolean;
  /** A shortcut to it is there. */
  isOpen: boolean;
  pausedUntil: Millis;
  minuteBegan: Millis;
  callsThisMinute: number;
  callsLastMinute: number;
}

const NOTHING_KNOWN: StrategyState = {
  strategy: "unknown",
  reason: "no call to it was answered lately",
  multiHop: undefined,
  direct: undefined,
  successRate: 1,
  samples: 0,
  pause: 0,
};

/**
 * For each destination, whether its calls are better routed or sent over a link of their own: learned from how they
 * fared. Pure: every method is told the time. docs/decisions/0009 has the table of what leads where.
 */
export class Strategies {
  readonly #entries = new BoundedMap<number, Entry>(STRATEGIES_MAX);

  #directCalls = 0;
  #latencySaved: Millis = 0;

  get size(): number {
    return this.#entries.size;
  }

  get gain(): Gain {
    return { directCalls: this.#directCalls, latencySaved: this.#latencySaved };
  }

  /** Calls were answered, one or several that make one sample, after `latency` on average. */
  answered(
    destination: NodeId,
    passage: Passage,
    latency: Millis,
    now: Millis,
    calls: number = 1,
  ): void {
    const entry = this.#touch(destination, now);
    countCalls(entry, calls, now);
    if (passage === "multi_hop") {
      entry.routed.add(latency);
      return;
    }
    this.#directSample(entry, latency, now);
    this.#directCalls += calls;
    // Where no routed call was answered there is nothing to compare with.
    this.#latencySaved += ((entry.routed.mean ?? latency) - latency) * calls;
  }

  /** A call was not answered the way it went. True where calls go back to the mesh by that: the shortcut is to go. */
  unanswered(destination: NodeId, passage: Passage, now: Millis): boolean {
    const entry = this.#touch(destination, now);
    countCalls(entry, 1, now);
    if (passage === "multi_hop") {
      entry.routed.add(undefined);
      return false;
    }
    this.#directSample(entry, undefined, now);
    const { size, successRate } = entry.direct;
    if (entry.strategy !== "direct" || size < TELLING_LEAST || successRate >= SUCCESS_KEPT) {
      return false;
    }
    entry.strategy = "multi_hop";
    entry.pausedUntil = now + STRATEGY_LIFE;
    entry.reason = `only ${percent(successRate)} of its direct calls were answered`;
    return true;
  }

  /** Whether it is time to try whether a link to it can be opened. */
  wantsProbe(destination: NodeId, now: Millis): boolean {
    const entry = this.#known(destination, now);
    return entry !== undefined && isProbeDue(entry, now);
  }

  /** A probe begins. */
  probing(destination: NodeId, now: Millis): void {
    this.#touch(destination, now).isProbing = true;
  }

  /** A link to it is there, with this round trip. Returns what follows; with `multi_hop` the link is to go. */
  probed(destination: NodeId, roundTrip: Millis, now: Millis): Passage {
    const entry = this.#touch(destination, now);
    entry.isProbing = false;
    const gain = gainOf(entry, roundTrip, now);
    entry.isOpen = gain !== undefined;
    entry.strategy = gain === undefined ? "multi_hop" : "direct";
    entry.reason = gain ?? `a link of ${millis(roundTrip)} there and back would gain nothing`;
    return entry.strategy;
  }

  /** A link to it was opened because a call will take no other way. */
  opened(destination: NodeId, now: Millis): void {
    const entry = this.#touch(destination, now);
    entry.isProbing = false;
    entry.isOpen = true;
    entry.strategy = "direct";
    entry.reason = "its calls take no other way";
  }

  /** No link to it could be opened. */
  probeFailed(destination: NodeId, { reason, pause }: ProbeFailure, now: Millis): void {
    const entry = this.#touch(destination, now);
    entry.isProbing = false;
    entry.strategy = "multi_hop";
    entry.reason = reason;
    entry.pausedUntil = now + pause;
  }

  /** The shortcut to it has ended, for whatever reason. */
  closed(destination: NodeId): void {
    const entry = this.#entries.peek(idNumber(destination));
    if (entry && sameId(entry.destination, destination)) entry.isOpen = false;
  }

  /** Forgets what is old. Returns to whom a probe is due, although nobody may call there just now. */
  review(now: Millis): NodeId[] {
    const due: NodeId[] = [];
    for (const [key, entry] of [...this.#entries]) {
      if (isOld(entry, now)) this.#entries.delete(key);
      else if (entry.strategy === "multi_hop" && isProbeDue(entry, now)) {
        due.push(entry.destination);
      }
    }
    return due;
  }

  at(destination: NodeId, now: Millis): StrategyState {
    const entry = this.#known(destination, now);
    return entry === undefined ? NOTHING_KNOWN : stateOf(entry, now);
  }

  /** All that is known, the destination called last first. */
  *states(now: Millis): Generator<readonly [NodeId, StrategyState]> {
    for (const [, entry] of [...this.#entries].reverse()) {
      if (!isOld(entry, now)) yield [entry.destination, stateOf(entry, now)];
    }
  }

  #directSample(entry: Entry, latency: Millis | undefined, now: Millis): void {
    this.#ageDirect(entry, now);
    entry.direct.add(latency);
    entry.directAt = now;
  }

  /** How direct calls fared long ago says nothing of the next link. */
  #ageDirect(entry: Entry, now: Millis): void {
    if (now - entry.directAt >= STRATEGY_LIFE) entry.direct.clear();
  }

  #known(destination: NodeId, now: Millis): Entry | undefined {
    const entry = this.#entries.peek(idNumber(destination));
    if (entry === undefined || !sameId(entry.destination, destination)) return undefined;
    if (isOld(entry, now)) return undefined;
    this.#ageDirect(entry, now);
    return entry;
  }

  #touch(destination: NodeId, now: Millis): Entry {
    const known = this.#known(destination, now);
    const entry = known ?? fresh(destination, now);
    entry.updatedAt = now;
    if (known === undefined || now - entry.touchedAt >= TOUCH_INTERVAL) {
      entry.touchedAt = now;
      this.#entries.set(idNumber(destination), entry);
    }
    return entry;
  }
}

function fresh(destination: NodeId, now: Millis): Entry {
  return {
    destination,
    strategy: "unknown",
    reason: "no link to it was tried yet",
    updatedAt: now,
    touchedAt: now,
    routed: new Samples(),
    direct: new Samples(),
    directAt: now,
    isProbing: false,
    isOpen: false,
    pausedUntil: now,
    minuteBegan: now,
    callsThisMinute: 0,
    callsLastMinute: 0,
  };
}

/** An open shortcut, a probe under way and a pause outlive the rest. */
function isOld(entry: Entry, now: Millis): boolean {
  const isHeld = entry.isOpen || entry.isProbing || now < entry.pausedUntil;
  return !isHeld && now - entry.updatedAt > STRATEGY_LIFE;
}

function isProbeDue(entry: Entry, now: Millis): boolean {
  if (entry.isProbing || entry.isOpen || now < entry.pausedUntil) return false;
  if (entry.routed.mean === undefined || !isTrusted(entry)) return false;
  return entry.strategy !== "multi_hop" || isOften(entry, now) || isSlow(entry);
}

/** What a link with this round trip is good for, in words; `undefined` where it is for nothing. */
function gainOf(entry: Entry, roundTrip: Millis, now: Millis): string | undefined {
  if (!isTrusted(entry)) return undefined;
  const { mean = Number.POSITIVE_INFINITY } = entry.routed;
  if (roundTrip < mean) return `its round trip of ${millis(roundTrip)} is the shorter one`;
  if (isOften(entry, now)) return `it is called more than ${OFTEN} times a minute`;
  if (isSlow(entry)) return `routed calls take ${millis(mean)}`;
  return undefined;
}

function isTrusted({ direct }: Entry): boolean {
  return direct.size < TELLING_LEAST || direct.successRate >= SUCCESS_LEAST;
}

function isSlow({ routed }: Entry): boolean {
  return (routed.mean ?? 0) > SLOW;
}

/** By the calls of this minute and, for the part of it that is still ahead, those of the last one. */
function isOften(entry: Entry, now: Millis): boolean {
  turnMinute(entry, now);
  const ahead = 1 - (now - entry.minuteBegan) / MINUTE;
  return entry.callsThisMinute + entry.callsLastMinute * ahead > OFTEN;
}

function countCalls(entry: Entry, calls: number, now: Millis): void {
  turnMinute(entry, now);
  entry.callsThisMinute += calls;
}

function turnMinute(entry: Entry, now: Millis): void {
  const minutes = Math.floor((now - entry.minuteBegan) / MINUTE);
  if (minutes === 0) return;
  entry.callsLastMinute = minutes === 1 ? entry.callsThisMinute : 0;
  entry.callsThisMinute = 0;
  entry.minuteBegan += minutes * MINUTE;
}

function stateOf(entry: Entry, now: Millis): StrategyState {
  const { strategy, routed, direct, pausedUntil } = entry;
  return {
    strategy,
    reason: reasonOf(entry),
    multiHop: routed.mean,
    direct: direct.mean,
    successRate: direct.successRate,
    samples: routed.size + direct.size,
    pause: Math.max(0, pausedUntil - now),
  };
}

function reasonOf(entry: Entry): string {
  const { strategy, reason, direct, isProbing, isOpen } = entry;
  if (isProbing) return "a link to it is being tried";
  if (strategy !== "direct" || isOpen) return reason;
  if (isTrusted(entry)) return `${reason}; none is open`;
  return `a link was lost, and only ${percent(direct.successRate)} of its direct calls were answered`;
}

function millis(time: Millis): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
