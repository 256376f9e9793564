import type { Address } from "../base/address.ts";
import type { Millis } from "../base/ports.ts";

/** Time the peer has for its next word over the mesh: its answer to an offer, or the go after an answer. */
export const WORD_TIMEOUT: Millis = 5_000;

/** Time from the first knock until there is a link. */
export const KNOCKING_TIME: Millis = 2_000;

/** Between two knocks at one address. */
const KNOCK_EVERY: Millis = 150;

/** Knocks at one address, answers to its own included. */
export const KNOCKS_MAX = 10;

/** Addresses that knocks came from and that nobody has named: those behind a NAT that maps anew for each peer. */
const ADOPTED_MAX = 2;

/** Shortest time for the dial, where knocks came through late. */
const DIAL_LEAST: Millis = 1_000;

export type PunchRole = "initiator" | "answerer";

export type PunchState =
  /** The peer's word is waited for. */
  | "talking"
  /** It is agreed, and soon time to knock. */
  | "waiting"
  | "knocking"
  | "dialling"
  | "open"
  | "failed";

/** What the driver is to do. */
export type PunchStep =
  | { readonly kind: "knock"; readonly to: Address; readonly isHeard: boolean }
  | { readonly kind: "dial"; readonly to: Address; readonly timeout: Millis }
  /** It has come to nothing: the peer has said nothing, or no knock came through. */
  | { readonly kind: "failed"; readonly cause: "silence" | "blocked" };

/** One address of the peer. */
interface Door {
  readonly address: Address;
  knocks: number;
  nextAt: Millis;
  /** A knock has come from there. */
  isHeard: boolean;
}

/**
 * One attempt to open a way between two nodes behind NATs (Ford, Srisuresh and Kegel, Peer-to-Peer Communication Across
 * Network Address Translators, 2005): both send small packets to each other's addresses until one has come through each
 * way; then the initiator dials. Pure: told what comes in and what time it is, it says what is to be sent.
 *
 *   talking ── agreed ──▶ waiting ── time ──▶ knocking ── a knock that says "heard" ──▶ dialling ──▶ open
 *   talking ── 5 s ──▶ failed         knocking ── 2 s ──▶ failed         dialling ── dial failed ──▶ failed
 *
 * An answerer does not dial: it goes on knocking until the connection has come.
 */
export class Punch {
  readonly role: PunchRole;
  #state: PunchState = "talking";
  readonly #doors: Door[] = [];
  #named = 0;
  #startAt: Millis = 0;
  #deadline: Millis;
  #dialTo: Address | undefined;

  constructor(role: PunchRole, now: Millis) {
    this.role = role;
    this.#deadline = now + WORD_TIMEOUT;
  }

  get state(): PunchState {
    return this.#state;
  }

  /** It is over, one way or the other. */
  get isOver(): boolean {
    return this.#state === "open" || this.#state === "failed";
  }

  /** When to ask for `steps` again, unless something comes in before. */
  get dueAt(): Millis {
    if (this.#dialTo !== undefined) return 0;
    if (this.isOver) return Number.POSITIVE_INFINITY;
    if (this.#state === "waiting") return this.#startAt;
    if (this.#state !== "knocking") return this.#deadline;
    return this.#doors
      .filter(({ knocks }) => knocks < KNOCKS_MAX)
      .reduce((least, { nextAt }) => Math.min(least, nextAt), this.#deadline);
  }

  /** Both ends have agreed: knocking at `addresses` begins at `startAt`. */
  agreed(addresses: readonly Address[], startAt: Millis): void {
    if (this.#state !== "talking") return;
    this.#state = "waiting";
    this.#startAt = startAt;
    this.#deadline = startAt + KNOCKING_TIME;
    for (const address of addresses) this.#doors.push(doorAt(address, startAt));
    this.#named = this.#doors.length;
  }

  /** A knock with this punch's secret has come from `from`; `isHeard` where the peer has got ours there. */
  heard(from: Address, isHeard: boolean, now: Millis): void {
    if (this.#state !== "waiting" && this.#state !== "knocking") return;
    const door = this.#doorOf(from, now);
    if (door === undefined) return;
    if (!door.isHeard) door.nextAt = Math.min(door.nextAt, now);
    door.isHeard = true;
    if (this.#state === "waiting") this.#begin(now);
    if (!isHeard || this.role === "answerer") return;
    this.#state = "dialling";
    this.#dialTo = from;
    this.#deadline = Math.max(this.#deadline, now + DIAL_LEAST);
  }

  /** A link to the peer is there, however it came. */
  linked(): void {
    if (!this.isOver) this.#state = "open";
  }

  /** It is over: the peer has refused, or the dial has failed. Nothing more is sent. */
  fail(): void {
    if (!this.isOver) this.#state = "failed";
  }

  /** What is to be done at `now`. */
  steps(now: Millis): PunchStep[] {
    if (this.isOver) return [];
    if (this.#state === "waiting" && now >= this.#startAt) this.#begin(now);
    if (this.#dialTo !== undefined) return this.#dial(this.#dialTo, now);
    if (now >= this.#deadline) {
      const cause = this.#state === "talking" ? "silence" : "blocked";
      this.#state = "failed";
      return [{ kind: "failed", cause }];
    }
    return this.#state === "knocking" ? this.#knock(now) : [];
  }

  #begin(now: Millis): void {
    this.#state = "knocking";
    for (const door of this.#doors) door.nextAt = Math.min(door.nextAt, now);
  }

  #doorOf(from: Address, now: Millis): Door | undefined {
    const known = this.#doors.find(({ address }) => address === from);
    if (known !== undefined) return known;
    if (this.#doors.length >= this.#named + ADOPTED_MAX) return undefined;
    const door = doorAt(from, now);
    this.#doors.push(door);
    return door;
  }

  #dial(to: Address, now: Millis): PunchStep[] {
    this.#dialTo = undefined;
    return [{ kind: "dial", to, timeout: this.#deadline - now }];
  }

  #knock(now: Millis): PunchStep[] {
    const due = this.#doors.filter((door) => door.knocks < KNOCKS_MAX && door.nextAt <= now);
    return due.map((door) => {
      door.knocks += 1;
      door.nextAt = now + KNOCK_EVERY;
      return { kind: "knock", to: door.address, isHeard: door.isHeard };
    });
  }
}

function doorAt(address: Address, nextAt: Millis): Door {
  return { address, knocks: 0, nextAt, isHeard: false };
}
