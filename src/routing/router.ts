import type { Bytes } from "../base/bytes.ts";
import { matchesAt } from "../base/bytes.ts";
import { type ErrorCode, MeshError } from "../base/errors.ts";
import { INLINE_MAX } from "../peer/channel.ts";
import type { Link } from "../peer/link.ts";
import { isSealed } from "../seal/sealer.ts";
import { readBoxKeyAnswer, writeBoxKeyAnswer } from "../wire/box-key.ts";
import { HEADER_BYTES, TYPE } from "../wire/frame.ts";
import {
  type Rule,
  readHopAccept,
  readHopReport,
  readRouteError,
  readRouteReply,
  writeHopReport,
  writeRouteError,
} from "../wire/route-control.ts";
import { RouteView, SEAL } from "../wire/route-frame.ts";
import { Accepts } from "./accepts.ts";
import { type Arrival, directArrival, routedArrival } from "./arrival.ts";
import type { Courier } from "./courier.ts";
import { CustodyWatch } from "./custody-watch.ts";
import { isNotice, routeOrDeliver } from "./decide.ts";
import { Deflector } from "./deflector.ts";
import type { Discoverer } from "./discoverer.ts";
import type { RoutingContext } from "./routing-context.ts";
import { AsymmetricQuota } from "./sealing.ts";

/**
 * Takes a message for this node: its payload is `bytes[start, end)`. With `owned` the bytes are its to keep,
 * else they are good until it returns. What it throws as `bad_frame` closes the link where the peer itself
 * has sent the message, and is counted where it came through others.
 */
export type MessageSink = (
  arrival: Arrival,
  type: number,
  bytes: Bytes,
  start: number,
  end: number,
  owned: boolean,
) => void;

/** What comes in over links: passes route frames on, and hands what is for this node to who takes that type. */
export class Router {
  readonly #context: RoutingContext;
  readonly #courier: Courier;
  readonly #discoverer: Discoverer;
  readonly #accepts: Accepts;
  readonly #watch: CustodyWatch;
  readonly #deflector: Deflector;
  readonly #sinks: (MessageSink | undefined)[] = new Array<MessageSink | undefined>(256).fill(
    undefined,
  );
  readonly #view = new RouteView();
  readonly #quota: AsymmetricQuota;

  constructor(context: RoutingContext, courier: Courier, discoverer: Discoverer) {
    this.#context = context;
    this.#courier = courier;
    this.#discoverer = discoverer;
    const { ports, table } = context;
    this.#quota = new AsymmetricQuota(ports);
    this.#accepts = new Accepts(ports.clock);
    this.#watch = new CustodyWatch(ports.clock, table, (link, bytes, start, end) =>
      this.#deflector.lost(link, bytes, start, end),
    );
    this.#deflector = new Deflector(context, this.#watch, {
      refuse: (from, view, code) => this.#refuse(from, view, code),
      routeIsStale: (from, view) => this.#routeIsStale(from, view),
      exhausted: (messageId) => courier.exhausted(messageId),
      deflected: (from, view) => this.#deflected(from, view),
    });
    courier.onSent(() => this.#watch.began());
    discoverer.onAnswer((arrival, write) => courier.answer(arrival, TYPE.routeReply, write));
    this.on(TYPE.routeError, (_, __, bytes, start, end) =>
      courier.routeError(readRouteError(bytes, start, end)),
    );
    this.on(TYPE.routeReply, (arrival, _, bytes, start, end) =>
      discoverer.reply(arrival, readRouteReply(bytes, start, end)),
    );
    this.on(TYPE.boxKey, (arrival, _, bytes, start, end) =>
      courier.boxKeyAnswered(arrival, readBoxKeyAnswer(bytes, start, end), this.#quota),
    );
    this.on(TYPE.hopReport, (arrival, _, bytes, start, end) =>
      courier.hopReport(arrival.source, readHopReport(bytes, start, end)),
    );
  }

  /** Sets who takes messages of a type. Once for each type. */
  on(type: number, sink: MessageSink): void {
    this.#sinks[type] = sink;
  }

  /** One frame from a link. Throws `bad_frame` where the peer has sent what it must not. */
  receive(link: Link, bytes: Bytes, start: number, end: number, owned: boolean): void {
    link.usedAt = link.liveness.heardAt;
    const type = bytes[start + 1] as number;
    if (type === TYPE.rpcRoute) {
      this.#route(link, bytes, start, end, owned);
      this.#view.release();
      if (end - start <= INLINE_MAX) this.#accepts.took(link);
      return;
    }
    if (type === TYPE.hopAccept) {
      link.custody.taken(readHopAccept(bytes, start + HEADER_BYTES, end), link.usedAt);
      return;
    }
    if (type === TYPE.routeRequest) {
      this.#discoverer.request(link, bytes, start, end);
      return;
    }
    const sink = this.#sinks[type];
    if (sink === undefined)
      throw new MeshError("bad_frame", `a frame of type ${type} is not expected`);
    sink(directArrival(link), type, bytes, start + HEADER_BYTES, end, owned);
  }

  /** What was sent over the link and not told of goes another way. */
  linkLost(link: Link): void {
    this.#watch.linkLost(link);
  }

  /** Messages whose searches are remembered. */
  get searched(): number {
    return this.#deflector.size;
  }

  close(): void {
    this.#accepts.close();
    this.#watch.close();
  }

  #route(link: Link, bytes: Bytes, start: number, end: number, owned: boolean): void {
    const view = this.#view;
    try {
      view.read(bytes, start, end);
    } catch {
      this.#dropped("malformed");
      return;
    }
    const decision = routeOrDeliver(view, this.#context, this.#context.table);
    switch (decision.kind) {
      case "forward":
        if (this.#isGranted(link, view)) this.#forward(link, view, decision.next, decision.rule);
        return;
      case "stuck":
        if (this.#isGranted(link, view)) this.#deflector.stuck(link, view, decision.code);
        return;
      case "returned":
        this.#deflector.returned(link, view);
        return;
      case "drop":
        this.#dropped(decision.reason);
        return;
      default:
        this.#deliver(link, view, owned);
    }
  }

  /** Whether the neighbour may have so much passed on; else its source is told. Answers pass in any case: their work is done. */
  #isGranted(from: Link, view: RouteView): boolean {
    const { forwarding, ports } = this.#context;
    if (forwarding === undefined) return true;
    const isAnswer = view.payloadType === TYPE.reply;
    if (forwarding.take(from, view.end - view.start, from.usedAt) || isAnswer) return true;
    ports.meter.count("frames_over_quota");
    this.#refuse(from, view, "overloaded");
    return false;
  }

  #forward(from: Link, view: RouteView, next: Link, rule: Rule): void {
    const traced = view.traced ? routedArrival(from, view) : undefined;
    const messageId = traced && view.messageId;
    view.passOn(from.label);
    const kept = !isNotice(view.payloadType);
    if (!next.sendRouted(view.bytes, view.start, view.end, kept, from.usedAt)) {
      view.takeBack();
      this.#refuse(from, view, "overloaded");
      return;
    }
    this.#watch.began();
    next.usedAt = from.usedAt;
    const { meter } = this.#context.ports;
    meter.count("frames_forwarded");
    meter.count("bytes_forwarded", view.end - view.start);
    if (traced && messageId) this.#report(traced, messageId, rule);
  }

  #refuse(from: Link | undefined, view: RouteView, code: ErrorCode): void {
    this.#context.ports.meter.count("frames_refused");
    this.#notify(from, view, code);
  }

  /** Tells the source what became of its frame, which lies as it came in over `from`; over `undefined` nobody is told. */
  #notify(from: Link | undefined, view: RouteView, code: ErrorCode): void {
    if (from === undefined || isNotice(view.payloadType)) return; // No notices about notices.
    const arrival = routedArrival(from, view);
    const { messageId, hopCount } = view;
    this.#courier.answer(arrival, TYPE.routeError, (writer) =>
      writeRouteError(writer, { messageId, code, hop: hopCount }),
    );
  }

  #routeIsStale(from: Link | undefined, view: RouteView): void {
    if (matchesAt(view.bytes, view.sourceAt, this.#context.self)) {
      this.#courier.routes.forget(view.destination);
    } else if (view.payloadType !== TYPE.reply) this.#notify(from, view, "stale_route");
  }

  #deflected(from: Link, view: RouteView): void {
    view.takeBack();
    this.#report(routedArrival(from, view), view.messageId, "deflected");
  }

  #deliver(link: Link, view: RouteView, owned: boolean): void {
    const type = view.payloadType;
    const arrival = routedArrival(link, view);
    if (view.traced) this.#report(arrival, view.messageId, "deliver");
    const sink = this.#sinks[type];
    if (sink === undefined) {
      this.#dropped("unknown_payload");
      return;
    }
    const { bytes, bodyStart, end } = view;
    try {
      if (isSealed(type)) this.#open(arrival, view, sink, owned);
      else if (view.seal === SEAL.none) sink(arrival, type, bytes, bodyStart, end, owned);
      else this.#dropped("bad_seal");
    } catch (cause) {
      if (!(cause instanceof MeshError)) throw cause;
      this.#dropped("bad_payload"); // The fault of who sent it, not of the neighbour who passed it on.
    }
  }

  /** What travels sealed is handed on only where it was whole; readable to hops it is as good as forged. */
  #open(arrival: Arrival, view: RouteView, sink: MessageSink, owned: boolean): void {
    const type = view.payloadType;
    const session = this.#context.sealer.open(view, arrival.source, this.#quota, arrival.link);
    if (session === "forged") this.#dropped("forged");
    else if (session === "refused") this.#answerBoxKey(arrival, view);
    else {
      const { start, end, isFresh } = session.text;
      arrival.session = session;
      arrival.isRepeated = !isFresh;
      if (isFresh || type === TYPE.call) sink(arrival, type, view.bytes, start, end, owned);
      else this.#dropped("repeated");
    }
  }

  #answerBoxKey(arrival: Arrival, view: RouteView): void {
    if (!this.#quota.take(arrival.link)) return;
    this.#context.ports.meter.count("box_keys_told");
    const answer = this.#context.sealer.answerTo(view);
    this.#courier.answer(arrival, TYPE.boxKey, (writer) => writeBoxKeyAnswer(writer, answer));
  }

  #report(arrival: Arrival, messageId: Bytes, rule: Rule): void {
    this.#courier.answer(arrival, TYPE.hopReport, (writer) =>
      writeHopReport(writer, { messageId, hop: arrival.hops, rule }),
    );
  }

  #dropped(reason: string): void {
    this.#context.ports.meter.count("frames_dropped");
    this.#context.ports.log.write("debug", "frame_dropped", { reason });
  }
}
