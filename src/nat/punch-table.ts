import type { Address } from "../base/address.ts";
import { BoundedMap } from "../base/bounded.ts";
import { type Bytes, equalBytes } from "../base/bytes.ts";
import { idNumber, type NodeId, sameId } from "../base/id.ts";
import type { Millis, Timer } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { Mapping } from "../wire/punch.ts";
import { type Knock, showsSecret } from "./knock.ts";
import type { Punch, PunchRole } from "./punch.ts";
import type { Mappings, PunchOutcome } from "./punch-failure.ts";

/** Punches at once, of both roles. */
export const PUNCHES_MAX = 16;

/** A node to open a link with, as its record tells of it. */
export interface PunchPeer {
  readonly id: NodeId;
  readonly anchors: readonly Bytes[];
  readonly boxKey?: Bytes;
}

/** How an attempt ended. */
export type PunchResult =
  | { readonly kind: "linked"; readonly link: Link }
  | { readonly kind: "failed"; readonly outcome: PunchOutcome; readonly mappings: Mappings };

/** One punch under way. */
export interface ActivePunch {
  readonly peer: PunchPeer;
  readonly id: Bytes;
  /** What knocks to this node show. */
  readonly secret: Bytes;
  /** What knocks to the peer show. */
  peerSecret: Bytes;
  readonly punch: Punch;
  readonly mappings: { readonly own: Mapping; peer: Mapping };
  /** Where the peer may be knocked at; the answerer knows that from the offer on. */
  addresses: readonly Address[];
  timer: Timer | undefined;
  /** Of the initiator: told once how it ended. */
  readonly settle: ((result: PunchResult) => void) | undefined;
  /** Half of the usual round trip of a call to the peer, where that is known. */
  readonly half: Millis | undefined;
  readonly begunAt: Millis;
}

/** Peers of which it is remembered what NAT they told of; the one heard of longest ago goes. */
export const TOLD_MAX = 256;

/** The punches under way: one with each peer in each role, and few. */
export class PunchTable {
  readonly #active = new Set<ActivePunch>();
  readonly #told = new BoundedMap<number, { readonly peer: NodeId; readonly mapping: Mapping }>(
    TOLD_MAX,
  );
  #reserved = 0;

  /** Those under way, and those that are about to be. */
  get size(): number {
    return this.#active.size + this.#reserved;
  }

  /** True where there is room for one with that peer; both may have begun one at the same moment. */
  hasRoom(peer: NodeId, role: PunchRole): boolean {
    const isUnderWay = this.#some(
      (active) => active.punch.role === role && sameId(active.peer.id, peer),
    );
    return this.size < PUNCHES_MAX && !isUnderWay;
  }

  /** Keeps a place for one that is about to be. Returns how to give it back. */
  reserve(): () => void {
    this.#reserved += 1;
    return () => {
      this.#reserved -= 1;
    };
  }

  add(active: ActivePunch): void {
    this.#active.add(active);
  }

  /** False where it was taken out before. */
  delete(active: ActivePunch): boolean {
    active.timer?.cancel();
    const { peer, mappings } = active;
    if (mappings.peer !== "unknown") {
      this.#told.set(idNumber(peer.id), { peer: peer.id, mapping: mappings.peer });
    }
    return this.#active.delete(active);
  }

  /** What NAT that peer told of in the last punch with it; `unknown` where there was none of late, or the peer did not know. */
  toldBy(peer: NodeId): Mapping {
    const told = this.#told.peek(idNumber(peer));
    return told !== undefined && sameId(told.peer, peer) ? told.mapping : "unknown";
  }

  has(active: ActivePunch): boolean {
    return this.#active.has(active);
  }

  /** The one with `peer` that has this id, where this node has that role in it. */
  find(peer: NodeId | undefined, id: Bytes, role: PunchRole): ActivePunch | undefined {
    if (peer === undefined) return undefined;
    return this.#first(
      (active) =>
        active.punch.role === role && equalBytes(active.id, id) && sameId(active.peer.id, peer),
    );
  }

  /** The one whose secret a knock shows. */
  knockedAt(knock: Knock): ActivePunch | undefined {
    return this.#first(({ secret }) => showsSecret(knock, secret));
  }

  /** True where both ends have agreed on one with that peer. */
  isAgreed(peer: NodeId): boolean {
    return this.#some((active) => active.punch.state !== "talking" && sameId(active.peer.id, peer));
  }

  [Symbol.iterator](): Iterator<ActivePunch> {
    return [...this.#active][Symbol.iterator]();
  }

  #some(test: (active: ActivePunch) => boolean): boolean {
    return this.#first(test) !== undefined;
  }

  #first(test: (active: ActivePunch) => boolean): ActivePunch | undefined {
    for (const active of this.#active) if (test(active)) return active;
    return undefined;
  }
}
