import type { Address } from "../base/address.ts";
import { type Bytes, equalBytes } from "../base/bytes.ts";
import type { ErrorCode } from "../base/errors.ts";
import { type NodeId, sameId, shortId } from "../base/id.ts";
import type { Meter, Millis } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { Courier } from "../routing/courier.ts";
import { OneWay } from "../routing/one-way.ts";
import { MAX_HOPS_DEFAULT } from "../routing/parcel.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import type { Transport } from "../transport/transport.ts";
import { TYPE } from "../wire/frame.ts";
import {
  LOCALS_MAX,
  type Mapping,
  PUNCH_ID_BYTES,
  type PunchAnswer,
  type PunchClaim,
  type PunchGo,
  type PunchOffer,
  readPunchAnswer,
  readPunchGo,
  readPunchOffer,
  SECRET_BYTES,
  writePunchAnswer,
  writePunchGo,
  writePunchOffer,
} from "../wire/punch.ts";
import type { FrameWriter } from "../wire/writer.ts";
import { type Belief, judgeClaim, mappingOf } from "./candidates.ts";
import { readKnock, writeKnock } from "./knock.ts";
import { readSigned } from "./observation.ts";
import { OfferQuota } from "./offer-quota.ts";
import { Punch, type PunchRole, type PunchStep, WORD_TIMEOUT } from "./punch.ts";
import { isHopeless, NO_DATAGRAMS, type PunchOutcome } from "./punch-failure.ts";
import { type ActivePunch, type PunchPeer, type PunchResult, PunchTable } from "./punch-table.ts";
import type { Sightings } from "./sightings.ts";

/** How long an answerer still takes the connection after its last knock: the initiator's dial may have just begun. */
const GRACE: Millis = 1_500;

const NO_SECRET: Bytes = new Uint8Array(SECRET_BYTES);
const EMPTY: PunchClaim = { mapping: "unknown", locals: [], observations: [] };

const NO_ROOM: PunchResult = notBegun({ kind: "refused", code: "overloaded" });
const BLIND: PunchResult = notBegun({ kind: "no_datagrams" });

/** Why an offer is refused: its code for the peer, and in words for this node's log. */
interface Refusal {
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface PuncherOptions {
  readonly transport: Transport;
  /** Dials one address and expects the peer there. */
  readonly dial: (to: Address, peer: NodeId, timeout: Millis) => Promise<Link>;
  /** Addresses of this node's own interfaces, with the port of its socket. */
  readonly locals: () => readonly Address[];
  /** Whether a node is known here, so that its word on others counts. */
  readonly knows: (id: NodeId) => boolean;
  /** Whether others may have a link. */
  readonly isWilling: boolean;
}

/** Opens links through NATs with peers that are reached over the mesh. docs/decisions/0009 tells how, and what it refuses. */
export class Puncher {
  readonly #context: RoutingContext;
  readonly #courier: Courier;
  readonly #sightings: Sightings;
  readonly #options: PuncherOptions;
  readonly #table = new PunchTable();
  readonly #quota: OfferQuota;
  readonly #meter: Meter;
  #closed = false;

  constructor(
    context: RoutingContext,
    courier: Courier,
    router: Router,
    sightings: Sightings,
    options: PuncherOptions,
  ) {
    this.#context = context;
    this.#courier = courier;
    this.#sightings = sightings;
    this.#options = options;
    this.#quota = new OfferQuota(context.ports.clock);
    this.#meter = context.ports.meter;
    options.transport.onRaw = (bytes, from) => this.#knocked(bytes, from);
    router.on(TYPE.punchOffer, (arrival, _, bytes, start, end) =>
      this.#offered(arrival, readPunchOffer(bytes, start, end)),
    );
    router.on(TYPE.punchAnswer, (arrival, _, bytes, start, end) =>
      this.#answered(arrival, readPunchAnswer(bytes, start, end)),
    );
    router.on(TYPE.punchGo, (arrival, _, bytes, start, end) =>
      this.#go(arrival, readPunchGo(bytes, start, end)),
    );
  }

  /** Punches under way. */
  get size(): number {
    return this.#table.size;
  }

  /** What links tell of this node's NAT. */
  get mapping(): Mapping {
    return mappingOf(this.#sightings.known.map(({ address }) => address));
  }

  /** What NAT that peer told of in the last punch with it. */
  mappingOf(peer: NodeId): Mapping {
    return this.#table.toldBy(peer);
  }

  /** True where a connection from that node is one that was agreed on. */
  expects(peer: NodeId): boolean {
    return this.#table.isAgreed(peer);
  }

  /** Tries to open a link. `half`: half of the usual round trip of a call to it, where that is known. */
  async open(peer: PunchPeer, half: Millis | undefined): Promise<PunchResult> {
    if (this.#closed || !this.#table.hasRoom(peer.id, "initiator")) return NO_ROOM;
    if (this.#sightings.isBlind) return BLIND;
    this.#meter.count("punches_begun");
    const claim = await this.#begin();
    const link = this.#context.table.to(peer.id);
    if (link !== undefined) return { kind: "linked", link };
    if (this.#closed) return NO_ROOM;
    return await new Promise((settle) => this.#offer(peer, claim, half, settle));
  }

  /** To be told of every new link. */
  linkAdded(link: Link): void {
    for (const active of this.#table) {
      if (!sameId(active.peer.id, link.peer)) continue;
      active.punch.linked();
      this.#quota.linked(link.peer);
      this.#end(active, { kind: "linked", link });
    }
  }

  close(): void {
    this.#closed = true;
    for (const active of this.#table) this.#fail(active, { kind: "silence" });
  }

  /** This node's claim, made of what its links say now. */
  async #begin(): Promise<PunchClaim> {
    const giveBack = this.#table.reserve();
    try {
      const seen = await this.#sightings.gather();
      return {
        mapping: mappingOf(seen.map(({ address }) => address)),
        locals: this.#options.locals().slice(0, LOCALS_MAX),
        observations: seen.map(({ statement }) => statement),
      };
    } finally {
      giveBack();
    }
  }

  #offer(
    peer: PunchPeer,
    claim: PunchClaim,
    half: Millis | undefined,
    settle: (result: PunchResult) => void,
  ): void {
    const active = this.#add(peer, "initiator", claim.mapping, { settle, half });
    const { id, secret } = active;
    this.#send(peer, TYPE.punchOffer, (writer) =>
      writePunchOffer(writer, { id, secret, ...claim }),
    );
    this.#advance(active);
  }

  #offered(arrival: Arrival, offer: PunchOffer): void {
    // Over a link there is nothing to open, and nothing else proves who has sent it.
    if (arrival.session === undefined) return;
    const refusal = this.#refusal(arrival.session.peer);
    if (refusal !== undefined) {
      this.#refuse(arrival, offer.id, refusal);
      return;
    }
    const { peer } = arrival.session;
    this.#begin().then(
      (claim) => this.#accept(arrival, peer, offer, claim),
      () => {}, // The node is closing.
    );
  }

  #refusal(peer: NodeId): Refusal | undefined {
    if (!this.#options.isWilling || this.#closed) {
      return { code: "refused", reason: "this node opens no links" };
    }
    if (this.#sightings.isBlind) return { code: "refused", reason: NO_DATAGRAMS };
    const hasRoom = this.#table.hasRoom(peer, "answerer");
    if (hasRoom && this.#quota.take(peer)) return undefined;
    return { code: "overloaded", reason: "it is asked too often" };
  }

  #accept(arrival: Arrival, peer: NodeId, offer: PunchOffer, claim: PunchClaim): void {
    if (this.#closed || this.#context.table.to(peer) !== undefined) return;
    const belief = this.#judge(offer, peer);
    if (belief.kind === "refused") {
      this.#refuse(arrival, offer.id, { code: "refused", reason: belief.reason });
      return;
    }
    const from = { id: peer, anchors: [] };
    const active = this.#add(from, "answerer", claim.mapping, { id: offer.id });
    active.peerSecret = offer.secret;
    active.mappings.peer = offer.mapping;
    active.addresses = belief.addresses;
    this.#answer(arrival, { id: offer.id, code: undefined, secret: active.secret, ...claim });
    this.#advance(active);
  }

  #answered({ session }: Arrival, answer: PunchAnswer): void {
    const active = this.#table.find(session?.peer, answer.id, "initiator");
    if (active === undefined || active.punch.state !== "talking") return;
    active.mappings.peer = answer.mapping;
    if (answer.code !== undefined) {
      this.#fail(active, { kind: "refused", code: answer.code });
      return;
    }
    const belief = this.#judge(answer, active.peer.id);
    if (belief.kind === "refused") {
      this.#notBelieved(active.peer.id, belief.reason);
      this.#fail(active, { kind: "unvouched", reason: belief.reason });
    } else if (isHopeless(active.mappings) && !belief.isNear) {
      this.#fail(active, { kind: "hopeless" });
    } else this.#agree(active, answer, belief.addresses);
  }

  #agree(active: ActivePunch, answer: PunchAnswer, addresses: readonly Address[]): void {
    const { id, peer, half } = active;
    const now = this.#now();
    active.peerSecret = answer.secret;
    this.#send(peer, TYPE.punchGo, (writer) => writePunchGo(writer, { id, secret: answer.secret }));
    active.punch.agreed(
      addresses,
      now + Math.min(half ?? WORD_TIMEOUT, (now - active.begunAt) / 2),
    );
    this.#advance(active);
  }

  #go({ session }: Arrival, go: PunchGo): void {
    const active = this.#table.find(session?.peer, go.id, "answerer");
    if (active === undefined || !equalBytes(go.secret, active.secret)) return;
    this.#meter.count("punches_taken");
    active.punch.agreed(active.addresses, this.#now());
    this.#advance(active);
  }

  #judge(claim: PunchClaim, peer: NodeId): Belief {
    const { realm, verify, ports } = this.#context;
    return judgeClaim(claim, peer, {
      seenAt: this.#sightings.known.map(({ address }) => address),
      locals: this.#options.locals(),
      knows: this.#options.knows,
      read: (statement) => readSigned(statement, realm, ports.clock.wall(), verify),
    });
  }

  #knocked(bytes: Bytes, from: Address): void {
    const knock = readKnock(bytes);
    const active = knock && this.#table.knockedAt(knock);
    if (knock === undefined || active === undefined) {
      this.#meter.count("knocks_unexpected");
      return;
    }
    active.punch.heard(from, knock.isHeard, this.#now());
    this.#advance(active);
  }

  /** Does what is due, and sets the timer for what comes next. */
  #advance(active: ActivePunch): void {
    active.timer?.cancel();
    for (const step of active.punch.steps(this.#now())) this.#do(active, step);
    const { dueAt, isOver } = active.punch;
    if (isOver || !this.#table.has(active)) return;
    const wait = Math.max(0, dueAt - this.#now());
    active.timer = this.#context.ports.clock.timer(wait, () => this.#advance(active));
  }

  #do(active: ActivePunch, step: PunchStep): void {
    switch (step.kind) {
      case "knock":
        this.#meter.count("knocks_sent");
        this.#options.transport.sendRaw(
          step.to,
          writeKnock({ secret: active.peerSecret, isHeard: step.isHeard }),
        );
        return;
      case "dial":
        this.#options.dial(step.to, active.peer.id, step.timeout).then(
          (link) => this.#end(active, { kind: "linked", link }),
          () => this.#fail(active, { kind: "blocked" }),
        );
        return;
      case "failed":
        this.#fail(active, { kind: step.cause });
    }
  }

  #fail(active: ActivePunch, outcome: PunchOutcome): void {
    active.punch.fail();
    if (active.settle !== undefined || outcome.kind === "silence" || this.#closed) {
      this.#end(active, { kind: "failed", outcome, mappings: active.mappings });
      return;
    }
    active.timer?.cancel();
    active.timer = this.#context.ports.clock.timer(GRACE, () =>
      this.#end(active, { kind: "failed", outcome, mappings: active.mappings }),
    );
  }

  #end(active: ActivePunch, result: PunchResult): void {
    if (!this.#table.delete(active)) return;
    if (active.settle === undefined) return;
    this.#meter.count(result.kind === "linked" ? "punches_opened" : "punches_failed");
    active.settle(result);
  }

  #add(
    peer: PunchPeer,
    role: PunchRole,
    own: Mapping,
    { id, settle, half }: Partial<Pick<ActivePunch, "id" | "settle" | "half">>,
  ): ActivePunch {
    const { random, clock } = this.#context.ports;
    const active: ActivePunch = {
      peer,
      id: id ?? random.bytes(PUNCH_ID_BYTES),
      secret: random.bytes(SECRET_BYTES),
      peerSecret: NO_SECRET,
      punch: new Punch(role, clock.now()),
      mappings: { own, peer: "unknown" },
      addresses: [],
      timer: undefined,
      settle,
      half,
      begunAt: clock.now(),
    };
    this.#table.add(active);
    return active;
  }

  #send(peer: PunchPeer, type: number, write: (writer: FrameWriter) => void): void {
    const { ids, deadlines } = this.#context;
    const parcel = new OneWay({
      number: ids.next(),
      destination: peer.id,
      anchors: peer.anchors,
      boxKey: peer.boxKey,
      payloadType: type,
      maxHops: MAX_HOPS_DEFAULT,
      write,
      done: (it) => {
        deadlines.remove(it);
        this.#courier.forget(it.number);
      },
    });
    deadlines.add(parcel, WORD_TIMEOUT);
    this.#courier.send(parcel);
  }

  #refuse(arrival: Arrival, id: Bytes, { code, reason }: Refusal): void {
    this.#notBelieved(arrival.source, reason);
    this.#answer(arrival, { id, code, secret: NO_SECRET, ...EMPTY });
  }

  #answer(arrival: Arrival, answer: PunchAnswer): void {
    this.#courier.answer(arrival, TYPE.punchAnswer, (writer) => writePunchAnswer(writer, answer));
  }

  #notBelieved(peer: NodeId, reason: string): void {
    this.#meter.count("punches_refused");
    this.#context.ports.log.write("debug", "punch_refused", { node: shortId(peer), reason });
  }

  #now(): Millis {
    return this.#context.ports.clock.now();
  }
}

function notBegun(outcome: PunchOutcome): PunchResult {
  return { kind: "failed", outcome, mappings: { own: "unknown", peer: "unknown" } };
}
