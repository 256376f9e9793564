import type { Bytes } from "../base/bytes.ts";
import { type ErrorCode, MeshError } from "../base/errors.ts";
import type { Link } from "../peer/link.ts";
import { isSealed } from "../seal/sealer.ts";
import { readBoxKeyAnswer, writeBoxKeyAnswer } from "../wire/box-key.ts";
import { HEADER_BYTES, TYPE } from "../wire/frame.ts";
import {
  type Rule,
  readHopReport,
  readRouteError,
  readRouteReply,
  writeHopReport,
  writeRouteError,
} from "../wire/route-control.ts";
import { RouteView, SEAL } from "../wire/route-frame.ts";
import { type Arrival, directArrival, routedArrival } from "./arrival.ts";
import type { Courier } from "./courier.ts";
import { routeOrDeliver } from "./decide.ts";
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
  readonly #sinks: (MessageSink | undefined)[] = new Array<MessageSink | undefined>(256).fill(
    undefined,
  );
  readonly #view = new RouteView();
  readonly #quota: AsymmetricQuota;

  constructor(context: RoutingContext, courier: Courier, discoverer: Discoverer) {
    this.#context = context;
    this.#courier = courier;
    this.#discoverer = discoverer;
    this.#quota = new AsymmetricQuota(context.ports);
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
        this.#forward(link, view, decision.next, decision.rule);
        return;
      case "error":
        this.#refuse(link, view, decision.code);
        return;
      case "drop":
        this.#dropped(decision.reason);
        return;
      default:
        this.#deliver(link, view, owned);
    }
  }

  #forward(from: Link, view: RouteView, next: Link, rule: Rule): void {
    const traced = view.traced ? routedArrival(from, view) : undefined;
    const messageId = traced && view.messageId;
    view.passOn(from.label);
    if (!next.send(view.bytes, view.start, view.end)) {
      view.takeBack();
      this.#refuse(from, view, "overloaded");
      return;
    }
    next.usedAt = from.usedAt;
    this.#context.ports.meter.count("frames_forwarded");
    if (traced && messageId) this.#report(traced, messageId, rule);
  }

  #refuse(from: Link, view: RouteView, code: ErrorCode): void {
    this.#context.ports.meter.count("frames_refused");
    const type = view.payloadType;
    if (type === TYPE.routeError || type === TYPE.hopReport) return; // No notices about notices.
    const arrival = routedArrival(from, view);
    const { messageId, hopCount } = view;
    this.#courier.answer(arrival, TYPE.routeError, (writer) =>
      writeRouteError(writer, { messageId, code, hop: hopCount }),
    );
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
