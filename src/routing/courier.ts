import type { Bytes } from "../base/bytes.ts";
import { type ErrorCode, MeshError, toMeshError } from "../base/errors.ts";
import { type NodeId, sameId, shortId } from "../base/id.ts";
import { NumberedTable } from "../base/numbered-table.ts";
import type { Link } from "../peer/link.ts";
import { isSealed, type Quota } from "../seal/sealer.ts";
import type { BoxKeyAnswer } from "../wire/box-key.ts";
import type { HopReport, RouteError, Rule } from "../wire/route-control.ts";
import type { FrameWriter } from "../wire/writer.ts";
import { anchorsFor } from "./anchors.ts";
import type { Arrival } from "./arrival.ts";
import { SEARCH_BUDGET } from "./deflector.ts";
import type { Discoverer } from "./discoverer.ts";
import { type LearnedRoute, LearnedRoutes } from "./learned-routes.ts";
import { findNextHop } from "./next-hop.ts";
import type { Parcel } from "./parcel.ts";
import type { RoutingContext } from "./routing-context.ts";
import { crowded, explain, full, linkless, tooFar } from "./routing-errors.ts";
import { sealFor, sealForAnswer } from "./sealing.ts";
import { Sender, type Way } from "./sender.ts";
import { Shortener } from "./shortener.ts";
import { Tracked } from "./tracked.ts";
import { bestUntried } from "./untried.ts";
import { wayTo } from "./way-to.ts";

/** Messages under way that a route error may still come back for. */
const PARCELS_MAX = 65_536;

/** Refusals of the last attempt, since the message was given to the courier, that end in a failure. */
const REFUSALS_MAX = 4;

/** How often a message is sealed anew because its provider does not know the session or was asked for its key. */
const RESEALS_MAX = 3;

/**
 * Sends messages: over a link where there is one, else along a learned route, else greedily, else over whatever link is
 * best, and where every way of that kind has failed, along a route that was asked for.
 */
export class Courier {
  readonly routes: LearnedRoutes<Link> = new LearnedRoutes<Link>();
  readonly #context: RoutingContext;
  readonly #discoverer: Discoverer;
  readonly #tracked = new NumberedTable<Tracked>(PARCELS_MAX);
  readonly #sender: Sender;
  readonly #shortener: Shortener;

  constructor(context: RoutingContext, discoverer: Discoverer) {
    this.#context = context;
    this.#discoverer = discoverer;
    this.#sender = new Sender(context);
    this.#shortener = new Shortener(context, discoverer, this.routes);
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
    if (!this.#goesDirect(parcel)) this.#track(parcel);
  }

  /**
   * Sends `parcel` again, as so many copies, each over another way than those before where there is one: nobody knows
   * what became of it. As `send` otherwise.
   */
  again(parcel: Parcel, copies: number): void {
    const known = this.#tracked.get(parcel.number);
    this.routes.forget(parcel.destination);
    if (this.#goesDirect(parcel)) return;
    if (known) known.refusals = 0;
    for (let copy = 0; copy < copies; copy++) {
      const tracked = this.#tracked.get(parcel.number);
      if (tracked) this.#attempt(tracked);
      else if (copy === 0) this.#track(parcel);
    }
  }

  /** Calls `tell` whenever a route frame has left. Set once, by whoever watches over what becomes of it. */
  onSent(tell: () => void): void {
    this.#sender.onSent = tell;
  }

  /** A route is being asked for: the parcel is not under way. */
  isSearching(parcel: Parcel): boolean {
    return this.#tracked.get(parcel.number)?.isSearching === true;
  }

  /** Nobody waits for the parcel any more. */
  forget(number: number): void {
    const tracked = this.#tracked.get(number);
    if (tracked) this.#tracked.delete(tracked);
  }

  /**
   * Answers a message the way it came. Where that way is gone the answer goes as any other message would, once; or not at
   * all, where it may not be seen by others. What it would be is written in any case.
   *
   * @throws {MeshError} what `writeBody` throws.
   */
  answer(arrival: Arrival, payloadType: number, writeBody: (writer: FrameWriter) => void): void {
    const { labels, source, anchors } = arrival;
    const link = this.#alive(arrival.link);
    if (labels === undefined && link.ended === undefined) {
      if (!this.#sender.direct(link, payloadType, writeBody)) this.#lost(payloadType);
      return;
    }
    const way = this.#wayBack(arrival, link, payloadType);
    if (way === undefined) {
      this.#sender.unsent(writeBody);
      this.#lost(payloadType);
      return;
    }
    const message = { destination: source, anchors, payloadType, deflected: arrival.deflected };
    const seal = sealForAnswer(payloadType, arrival.session, this.#context.ports.clock.now());
    if (!this.#sender.routed(way, message, seal, writeBody)) this.#lost(payloadType);
  }

  /** An answer came back for a parcel: the way it took is good for the next one. */
  learn(arrival: Arrival): void {
    if (arrival.labels === undefined) return;
    const { link, labels, deflected, session, source } = arrival;
    const route = { link, labels, deflected };
    // The session keeps the same id already.
    this.routes.learn(session?.peer ?? source, route, this.#context.ports.clock.now());
  }

  /**
   * A hop could not pass a frame on. A hint: it starts another attempt, and only the last one is told. A `stale_route` was
   * left by the hop that tells of it, and the frame went on another way; unless it was plain.
   */
  routeError(error: RouteError): void {
    const { ids, ports } = this.#context;
    const tracked = this.#tracked.get(ids.numberAt(error.messageId, 0));
    if (tracked === undefined) return;
    ports.meter.count("route_errors_received");
    this.routes.forget(tracked.parcel.destination);
    if (error.code === "stale_route" && tracked.parcel.searches !== false) return;
    this.#undone(tracked, error.messageId);
    if (!this.#isPresent(tracked, error.messageId)) return;
    this.#refused(tracked, error.code, `after ${error.hop} hops`);
  }

  /** A message of this node has come back over every link it was sent over. */
  exhausted(messageId: Bytes): void {
    const { ids } = this.#context;
    const tracked = this.#tracked.get(ids.numberAt(messageId, 0));
    if (tracked === undefined) return;
    this.#undone(tracked, messageId);
    if (this.#isPresent(tracked, messageId)) this.#refused(tracked, "no_route", "from here");
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
    this.#undone(tracked, answer.messageId);
    this.#sendAgain(tracked);
  }

  #sendAgain(tracked: Tracked): void {
    const { way, rule } = tracked;
    this.#orGiveUp(tracked, () => {
      if (way && way.link.ended === undefined) this.#transmit(tracked, way, rule);
      else this.#attempt(tracked);
    });
  }

  /** A traced frame passed a hop. */
  hopReport(from: NodeId, report: HopReport): void {
    const tracked = this.#tracked.get(this.#context.ids.numberAt(report.messageId, 0));
    tracked?.parcel.reported?.(from, report);
  }

  /** Sends it over a link to its destination; not over a shortcut whose peer is silent. False where there is none. */
  #goesDirect(parcel: Parcel): boolean {
    const link = this.#context.table.to(parcel.destination);
    if (link === undefined || (link.isShortcut && link.isSuspect && !parcel.isDirectOnly)) {
      return false;
    }
    const write = (writer: FrameWriter): void => parcel.writeBody(writer);
    if (this.#sender.direct(link, parcel.payloadType, write)) parcel.sent(link, "direct");
    else parcel.failed(full(link), true);
    return true;
  }

  #undone({ parcel }: Tracked, messageId: Bytes): void {
    parcel.undone?.(this.#context.ids.attemptAt(messageId, 0));
  }

  /** The id is that of the last attempt. */
  #isPresent({ parcel }: Tracked, messageId: Bytes): boolean {
    return this.#context.ids.attemptAt(messageId, 0) === ((parcel.attempts - 1) & 0xff);
  }

  #track(parcel: Parcel): void {
    if (parcel.isDirectOnly === true || this.#tracked.isFull) {
      parcel.failed(parcel.isDirectOnly ? linkless(parcel.destination) : crowded(), false);
      return;
    }
    const tracked = new Tracked(parcel);
    this.#tracked.add(tracked);
    this.#attempt(tracked);
  }

  #attempt(tracked: Tracked): void {
    const { parcel } = tracked;
    tracked.leaveWay();
    const learned = this.routes.get(parcel.destination, this.#context.ports.clock.now());
    if (learned && !learned.link.isSuspect) {
      this.#transmit(tracked, learned, "cached");
      if (learned.deflected === true) this.#shortener.shorten(parcel, learned);
      return;
    }
    if (this.#goesNearer(tracked)) return;
    if (parcel.attempts < tracked.used.length * parcel.anchors.length) {
      // Each link was tried, but not toward each anchor.
      tracked.beginRound();
      this.#attempt(tracked);
    } else if (!this.#deflects(tracked)) this.#discover(tracked);
  }

  /** Over the link that leads nearest, of those that were not tried. False where none does. */
  #goesNearer(tracked: Tracked): boolean {
    const { parcel, used } = tracked;
    const { table } = this.#context;
    const fresh = used.length === 0 ? table : [...table].filter((link) => !used.includes(link));
    const next = findNextHop(this.#context, parcel.destination, anchorsFor(parcel), fresh);
    if (next) this.#transmit(tracked, { link: next, labels: undefined }, "greedy");
    return next !== undefined;
  }

  /** No link leads nearer: over the best of those that were not tried. False where all were. */
  #deflects(tracked: Tracked): boolean {
    const { destination, anchors, searches, maxHops } = tracked.parcel;
    const { self, table } = this.#context;
    const tried = tracked.used.map(({ label }) => label);
    const isLastHop = maxHops === 0;
    const next =
      searches === false
        ? undefined
        : bestUntried({ destination, anchors, source: self, tried, isLastHop }, table);
    if (next) {
      const budget = SEARCH_BUDGET;
      this.#transmit(tracked, { link: next, labels: undefined, budget }, "deflected");
    }
    return next !== undefined;
  }

  #transmit(tracked: Tracked, route: Way, rule: Rule): void {
    const { parcel } = tracked;
    const seal = sealFor(this.#context.sealer, parcel, this.#context.ports.clock.now());
    if (seal instanceof MeshError) {
      this.#giveUp(tracked, seal, false);
      return;
    }
    tracked.way = route;
    tracked.rule = rule;
    tracked.session = seal.session;
    const attempt = parcel.attempts & 0xff;
    parcel.attempts += 1;
    const { destination, payloadType, maxHops, traced } = parcel;
    // A learned route is kept short: who leaves it finds the way by the destination's id alone.
    const anchors = route.labels ? [] : anchorsFor(parcel);
    const known = attempt === 0 ? parcel.messageId : undefined;
    const messageId = known ?? this.#context.ids.bytes(parcel.number, attempt);
    const plain = parcel.searches === false;
    const message = { destination, anchors, payloadType, maxHops, traced, messageId, plain };
    const sent = this.#sender.routed(route, message, seal, (writer) =>
      parcel.writeBody(writer, messageId),
    );
    if (sent) parcel.sent(route.link, rule);
    else {
      parcel.undone?.(attempt);
      this.#giveUp(tracked, full(route.link), true);
    }
  }

  #discover(tracked: Tracked): void {
    const { parcel } = tracked;
    if (parcel.searches === false) {
      const { destination } = parcel;
      const text = `no route to node ${shortId(destination)}: no link leads nearer to it`;
      this.#giveUp(tracked, new MeshError("no_route", text), false);
      return;
    }
    tracked.beginRound();
    if (tracked.isSearching) return;
    tracked.isSearching = true;
    const timeLeft = parcel.deadline - this.#context.ports.clock.now();
    this.#discoverer.discover(parcel.destination, parcel.maxHops, timeLeft).then(
      (route) => {
        if (this.#tracked.get(parcel.number) !== tracked) return; // Answered or given up meanwhile.
        tracked.isSearching = false;
        this.routes.learn(parcel.destination, route, this.#context.ports.clock.now());
        this.#sendFound(tracked, route);
      },
      (cause) => this.#giveUp(tracked, toMeshError(cause), false),
    );
  }

  #sendFound(tracked: Tracked, route: LearnedRoute<Link>): void {
    const { maxHops } = tracked.parcel;
    if (route.labels.length > maxHops) {
      this.#giveUp(tracked, tooFar(route.labels.length, maxHops), false);
      return;
    }
    this.#orGiveUp(tracked, () => this.#transmit(tracked, route, "discovered"));
  }

  /** The present attempt has failed, as others say. */
  #refused(tracked: Tracked, code: ErrorCode, where: string): void {
    const { parcel } = tracked;
    tracked.refusals += 1;
    const isOver = parcel.deadline <= this.#context.ports.clock.now();
    const error = new MeshError(code, `${explain(code)} ${where}`);
    if (isOver || tracked.refusals >= REFUSALS_MAX) {
      this.#giveUp(tracked, error, true);
      return;
    }
    parcel.refused?.(error);
    if (code === "overloaded") this.#passBy(tracked, error);
    else if (parcel.searches === false && tracked.way?.labels) this.#unlabelled(tracked);
    else this.#discover(tracked);
  }

  /** Over another first link, which may lead past who has no room. Asking for a route would be one more burden to all. */
  #passBy(tracked: Tracked, error: MeshError): void {
    tracked.leaveWay();
    this.#orGiveUp(tracked, () => {
      if (!this.#goesNearer(tracked) && !this.#deflects(tracked))
        this.#giveUp(tracked, error, true);
    });
  }

  /** Where a learned route has failed, the usual way has not been tried: its first link may serve for that as well. */
  #unlabelled(tracked: Tracked): void {
    tracked.way = undefined;
    this.#orGiveUp(tracked, () => this.#attempt(tracked));
  }

  /** Sends the parcel once more, by `send`; gives it up where what it says can't be written. */
  #orGiveUp(tracked: Tracked, send: () => void): void {
    try {
      send();
    } catch (cause) {
      this.#giveUp(tracked, toMeshError(cause), false);
    }
  }

  #giveUp(tracked: Tracked, error: MeshError, isHint: boolean): void {
    if (this.#tracked.get(tracked.parcel.number) !== tracked) return;
    this.#tracked.delete(tracked);
    tracked.parcel.failed(error, isHint);
  }

  #wayBack(
    { session, labels, source, anchors }: Arrival,
    link: Link,
    type: number,
  ): Way | undefined {
    if (link.ended === undefined && !link.isSuspect) return { link, labels };
    // What came over the link itself was not sealed: the answer is not for others to see.
    if (session === undefined && isSealed(type)) return undefined;
    const learned = this.routes.get(source, this.#context.ports.clock.now());
    return learned ?? wayTo(this.#context, source, anchors);
  }

  /** The link itself, or the one that has taken its place. */
  #alive(link: Link): Link {
    return link.ended === undefined ? link : (this.#context.table.successor(link) ?? link);
  }

  #lost(payloadType: number): void {
    this.#context.ports.meter.count("answers_undeliverable");
    this.#context.ports.log.write("debug", "answer_undeliverable", { type: payloadType });
  }
}
