import type { Bytes } from "../base/bytes.ts";
import { type ErrorCode, MeshError, toMeshError } from "../base/errors.ts";
import { type NodeId, sameId, shortId } from "../base/id.ts";
import { type Numbered, NumberedTable } from "../base/numbered-table.ts";
import type { Millis } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { Quota } from "../seal/sealer.ts";
import type { Session } from "../seal/session.ts";
import type { BoxKeyAnswer } from "../wire/box-key.ts";
import { TYPE } from "../wire/frame.ts";
import { ANCHORS_MAX } from "../wire/limits.ts";
import type { HopReport, RouteError, Rule } from "../wire/route-control.ts";
import { SEAL, writeRouteHeader } from "../wire/route-frame.ts";
import { FrameWriter } from "../wire/writer.ts";
import { anchorsOf } from "./anchors.ts";
import type { Arrival } from "./arrival.ts";
import type { Discoverer } from "./discoverer.ts";
import { type LearnedRoute, LearnedRoutes } from "./learned-routes.ts";
import { findNextHop } from "./next-hop.ts";
import type { RoutingContext } from "./routing-context.ts";
import { type BodySeal, sealFor, sealForAnswer, writeSealed } from "./sealing.ts";

/** Messages under way that a route error may still come back for. */
const PARCELS_MAX = 65_536;

/** Ways that are tried for one message before its failure is told. */
const ATTEMPTS_MAX = 4;

/** How often a message is sealed anew because its provider does not know the session or was asked for its key. */
const RESEALS_MAX = 3;

/** A message from this node to another, however it gets there. */
export interface Parcel {
  /** From `MessageIds`; names the parcel in route errors. */
  readonly number: number;
  /** The 16 bytes behind the number. */
  readonly messageId: Bytes;
  readonly destination: NodeId;
  /** Prefixes of the destination's anchors, as far as known. */
  readonly anchors: readonly Bytes[];
  /** The key to seal it to, where it is asked of a provider whose record is known. */
  readonly boxKey?: Bytes | undefined;
  readonly payloadType: number;
  /** Forwarders it may pass. */
  readonly maxHops: number;
  readonly traced: boolean;
  /** False where it is not worth a search for a route: its sender has others to ask. */
  readonly searches?: boolean;
  /** When nobody waits for it any more, on the monotonic clock. */
  readonly expiresAt: Millis;
  /**
   * Writes the payload; it may be asked for again after a failed attempt. `messageId` names the route frame that will
   * carry it.
   */
  writeBody(writer: FrameWriter, messageId?: Bytes): void;
  /** It left, over this link. Called again for each attempt. */
  sent(link: Link, rule: Rule): void;
  /** It will not arrive. The courier has forgotten it. */
  failed(error: MeshError): void;
  /** A traced parcel passed a node. */
  reported?(node: NodeId, report: HopReport): void;
}

interface Tracked extends Numbered<Tracked> {
  readonly parcel: Parcel;
  attempts: number;
  /** The length of the learned route in use; `undefined` while every hop chooses. */
  labels: number | undefined;
  /** In which session, over which way and why it was sent last. */
  session: Session | undefined;
  route: Way | undefined;
  rule: Rule;
  reseals: number;
}

/** Sends messages: over a link where there is one, else along a learned route, else greedily, else after a search. */
export class Courier {
  readonly routes: LearnedRoutes<Link> = new LearnedRoutes<Link>();
  readonly #context: RoutingContext;
  readonly #discoverer: Discoverer;
  readonly #tracked = new NumberedTable<Tracked>(PARCELS_MAX);
  readonly #writer = new FrameWriter();

  constructor(context: RoutingContext, discoverer: Discoverer) {
    this.#context = context;
    this.#discoverer = discoverer;
  }

  /** Parcels a route error may come back for. */
  get size(): number {
    return this.#tracked.size;
  }

  get sizeMax(): number {
    return PARCELS_MAX;
  }

  /**
   * Sends `parcel`. Who sent it calls `forget` when it needs no more of it; failures come by `failed`, also at
   * once.
   *
   * @throws {MeshError} what `writeBody` throws.
   */
  send(parcel: Parcel): void {
    const link = this.#context.table.to(parcel.destination);
    if (link) {
      this.#sendDirect(parcel, link);
      return;
    }
    if (this.#tracked.isFull) {
      parcel.failed(new MeshError("overloaded", "too many messages are under way"));
      return;
    }
    const tracked: Tracked = {
      number: parcel.number,
      sibling: undefined,
      parcel,
      attempts: 0,
      labels: undefined,
      session: undefined,
      route: undefined,
      rule: "greedy",
      reseals: 0,
    };
    this.#tracked.add(tracked);
    this.#attempt(tracked);
  }

  /** Nobody waits for the parcel any more. */
  forget(number: number): void {
    const tracked = this.#tracked.get(number);
    if (tracked) this.#tracked.delete(tracked);
  }

  /**
   * Answers a message the way it came. Where that way is gone the answer goes as any other message would, once.
   *
   * @throws {MeshError} what `writeBody` throws.
   */
  answer(arrival: Arrival, payloadType: number, writeBody: (writer: FrameWriter) => void): void {
    const { labels, source, anchors } = arrival;
    const link = this.#alive(arrival.link);
    if (labels === undefined) {
      if (!this.#frame(link, payloadType, writeBody)) this.#lost(payloadType);
      return;
    }
    const route = link.ended === undefined ? { link, labels } : this.#wayTo(source, anchors);
    if (route === undefined) {
      this.#lost(payloadType);
      return;
    }
    const seal = sealForAnswer(payloadType, arrival.session, this.#context.ports.clock.now());
    const message = { destination: source, anchors, payloadType };
    const sent = this.#routed(route, message, seal, writeBody);
    if (!sent) this.#lost(payloadType);
  }

  /** An answer came back for a parcel: the way it took is good for the next one. */
  learn(arrival: Arrival): void {
    if (arrival.labels === undefined) return;
    const route = { link: arrival.link, labels: arrival.labels };
    this.routes.learn(arrival.source, route, this.#context.ports.clock.now());
  }

  /** A hop could not pass a frame on. A hint: it starts another attempt, and only the last one is told. */
  routeError(error: RouteError): void {
    const tracked = this.#tracked.get(this.#context.ids.numberAt(error.messageId, 0));
    if (tracked === undefined) return;
    this.#context.ports.meter.count("route_errors_received");
    this.routes.forget(tracked.parcel.destination);
    this.#retry(tracked, error.code, `after ${error.hop} hops`);
  }

  /**
   * The provider could not open a message: it is sealed anew with the key that it names, in a session of its own, and sent
   * over the same way. An answer that the provider has not signed, or that is about an earlier attempt, changes nothing.
   * The `quota` of the link it came over is asked before its signature is looked at.
   */
  boxKeyAnswered(arrival: Arrival, answer: BoxKeyAnswer, quota: Quota<Link>): void {
    const { ids, sealer, ports } = this.#context;
    const tracked = this.#tracked.get(ids.numberAt(answer.messageId, 0));
    if (tracked === undefined || !sameId(arrival.source, tracked.parcel.destination)) return;
    const isMeant = (tracked.session?.id ?? 0) === answer.session;
    if (!isMeant || tracked.reseals >= RESEALS_MAX || !quota.take(arrival.link)) return;
    if (!sealer.answered(arrival.source, answer)) {
      ports.meter.count("box_keys_forged");
      return;
    }
    tracked.reseals += 1;
    this.#sendAgain(tracked);
  }

  #sendAgain(tracked: Tracked): void {
    const { route, rule } = tracked;
    try {
      if (route && route.link.ended === undefined) this.#transmit(tracked, route, rule);
      else this.#attempt(tracked);
    } catch (cause) {
      this.#giveUp(tracked, toMeshError(cause));
    }
  }

  /** A traced frame passed a hop. */
  hopReport(from: NodeId, report: HopReport): void {
    const tracked = this.#tracked.get(this.#context.ids.numberAt(report.messageId, 0));
    tracked?.parcel.reported?.(from, report);
  }

  #sendDirect(parcel: Parcel, link: Link): void {
    this.#writer.begin();
    parcel.writeBody(this.#writer);
    this.#writer.finish(parcel.payloadType);
    if (link.sendFrame(this.#writer)) parcel.sent(link, "direct");
    else parcel.failed(full(link));
  }

  #attempt(tracked: Tracked): void {
    const { parcel } = tracked;
    tracked.attempts += 1;
    const learned = this.routes.get(parcel.destination, this.#context.ports.clock.now());
    if (learned) {
      this.#transmit(tracked, learned, "cached");
      return;
    }
    const next = this.#greedy(parcel.destination, parcel.anchors);
    if (next && tracked.attempts === 1) {
      this.#transmit(tracked, { link: next, labels: undefined }, "greedy");
      return;
    }
    this.#discover(tracked);
  }

  #transmit(tracked: Tracked, route: Way, rule: Rule): void {
    const { parcel } = tracked;
    tracked.labels = route.labels?.length;
    const seal = sealFor(this.#context.sealer, parcel, this.#context.ports.clock.now());
    if (seal instanceof MeshError) {
      this.#giveUp(tracked, seal);
      return;
    }
    tracked.session = seal.session;
    tracked.route = route;
    tracked.rule = rule;
    const sent = this.#routed(route, parcel, seal, (writer) =>
      parcel.writeBody(writer, parcel.messageId),
    );
    if (sent) parcel.sent(route.link, rule);
    else this.#giveUp(tracked, full(route.link));
  }

  #discover(tracked: Tracked): void {
    const { parcel } = tracked;
    if (parcel.searches === false) {
      const { destination } = parcel;
      const text = `no route to node ${shortId(destination)}: no link leads nearer to it`;
      this.#giveUp(tracked, new MeshError("no_route", text));
      return;
    }
    const timeLeft = parcel.expiresAt - this.#context.ports.clock.now();
    this.#discoverer.discover(parcel.destination, parcel.maxHops, timeLeft).then(
      (route) => {
        if (this.#tracked.get(parcel.number) !== tracked) return; // Answered or given up meanwhile.
        this.routes.learn(parcel.destination, route, this.#context.ports.clock.now());
        this.#sendFound(tracked, route);
      },
      (cause) => this.#giveUp(tracked, toMeshError(cause)),
    );
  }

  #sendFound(tracked: Tracked, route: LearnedRoute<Link>): void {
    const { maxHops } = tracked.parcel;
    if (route.labels.length > maxHops) {
      this.#giveUp(tracked, tooFar(route.labels.length, maxHops));
      return;
    }
    try {
      this.#transmit(tracked, route, "discovered");
    } catch (cause) {
      this.#giveUp(tracked, toMeshError(cause));
    }
  }

  #retry(tracked: Tracked, code: ErrorCode, where: string): void {
    const { parcel } = tracked;
    const over = tracked.attempts >= ATTEMPTS_MAX;
    const needed = tracked.labels ?? 0;
    if (code === "max_hops_exceeded" && needed > parcel.maxHops) {
      this.#giveUp(tracked, tooFar(needed, parcel.maxHops));
      return;
    }
    if (over || parcel.expiresAt <= this.#context.ports.clock.now()) {
      this.#giveUp(tracked, new MeshError(code, `${explain(code)} ${where}`));
      return;
    }
    tracked.attempts += 1;
    // Where a learned route has failed, the usual way has not been tried.
    const next =
      parcel.searches === false && tracked.labels !== undefined
        ? this.#greedy(parcel.destination, parcel.anchors)
        : undefined;
    if (next) this.#transmit(tracked, { link: next, labels: undefined }, "greedy");
    else this.#discover(tracked);
  }

  #giveUp(tracked: Tracked, error: MeshError): void {
    if (this.#tracked.get(tracked.parcel.number) !== tracked) return;
    this.#tracked.delete(tracked);
    tracked.parcel.failed(error);
  }

  #wayTo(destination: NodeId, anchors: readonly Bytes[]): Way | undefined {
    const learned = this.routes.get(destination, this.#context.ports.clock.now());
    if (learned) return learned;
    const next = this.#greedy(destination, anchors);
    return next && { link: next, labels: undefined };
  }

  /** The link itself, or the one that has taken its place. */
  #alive(link: Link): Link {
    return link.ended === undefined ? link : (this.#context.table.successor(link) ?? link);
  }

  #greedy(destination: NodeId, anchors: readonly Bytes[]): Link | undefined {
    return findNextHop(this.#context, destination, anchors, this.#context.table);
  }

  #frame(link: Link, type: number, writeBody: (writer: FrameWriter) => void): boolean {
    this.#writer.begin();
    writeBody(this.#writer);
    this.#writer.finish(type);
    return link.sendFrame(this.#writer);
  }

  #routed(
    way: Way,
    what: Routed,
    seal: Readonly<BodySeal>,
    writeBody: (writer: FrameWriter) => void,
  ): boolean {
    this.#writer.begin();
    const headAt = writeRouteHeader(this.#writer, {
      destination: what.destination,
      source: this.#context.self,
      messageId: what.messageId ?? this.#context.ids.bytes(this.#context.ids.next()),
      maxHops: what.maxHops ?? Math.max(MAX_HOPS_DEFAULT, way.labels?.length ?? 0),
      payloadType: what.payloadType,
      seal: seal.kind,
      labels: way.labels,
      traced: what.traced === true && seal.kind !== SEAL.asking,
      destinationAnchors: way.labels ? [] : what.anchors.slice(0, ANCHORS_MAX),
      sourceAnchors: way.labels ? [] : anchorsOf(this.#context, this.#context.table),
    });
    writeSealed(this.#writer, headAt, seal, writeBody);
    this.#writer.finish(TYPE.rpcRoute);
    return way.link.sendFrame(this.#writer);
  }

  #lost(payloadType: number): void {
    this.#context.ports.meter.count("answers_undeliverable");
    this.#context.ports.log.write("debug", "answer_undeliverable", { type: payloadType });
  }
}

/** Forwarders a message may pass where nobody said otherwise. */
export const MAX_HOPS_DEFAULT = 10;

interface Way {
  readonly link: Link;
  readonly labels: readonly number[] | undefined;
}

interface Routed {
  readonly destination: NodeId;
  readonly anchors: readonly Bytes[];
  readonly payloadType: number;
  readonly messageId?: Bytes;
  readonly maxHops?: number;
  readonly traced?: boolean;
}

function full(link: Link): MeshError {
  if (link.ended) return new MeshError("link_lost", `the link to ${shortId(link.peer)} has ended`);
  return new MeshError("overloaded", `too much waits for the link to ${shortId(link.peer)}`);
}

function tooFar(needed: number, maxHops: number): MeshError {
  return new MeshError(
    "max_hops_exceeded",
    `the destination is ${needed} forwarders away and the call may pass ${maxHops}; raise maxHops`,
  );
}

function explain(code: ErrorCode): string {
  if (code === "max_hops_exceeded") return "the message used up its hops";
  if (code === "overloaded") return "a forwarder has too much waiting";
  return "a forwarder found no way on";
}
