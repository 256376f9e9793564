import { BoundedMap, TokenBucket } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { concat, equalBytes, utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { idText, type NodeId, sameId, shortId } from "../base/id.ts";
import type { Millis, Timer } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import { HEADER_BYTES, TYPE } from "../wire/frame.ts";
import {
  type RouteReply,
  type RouteRequest,
  readRouteRequest,
  writeRouteReply,
  writeRouteRequest,
} from "../wire/route-control.ts";
import { FrameWriter } from "../wire/writer.ts";
import { type Arrival, directArrival } from "./arrival.ts";
import { reachOf, ringsFor, SeenRequests } from "./discovery.ts";
import type { LearnedRoute } from "./learned-routes.ts";
import type { RoutingContext } from "./routing-context.ts";

/** How far any search goes, in forwarders. */
const FURTHEST = 10;

/** Searches of this node under way at once; one more is refused with `overloaded`. */
const SEARCHES_MAX = 256;

/** Time that a ring gets for each forwarder it may pass, before the next ring starts; more where links are slow. */
const RING_TIME: Millis = 50;
const RING_TIME_MOST: Millis = 500;
const ROUND_TRIPS = 2;

/** After a search without result the next one for that target waits: this long at first, then doubled. */
const PAUSE_FIRST: Millis = 250;
const PAUSE_MOST: Millis = 2_000;
const PAUSED_MAX = 4_096;

/** Route requests a neighbour may send a second, and at once; the rest is dropped and counted. */
const REQUEST_RATE = 50;
const REQUEST_BURST = 100;

/** The same from all neighbours together. */
const REQUEST_RATE_ALL = 500;
const REQUEST_BURST_ALL = 1_000;

const DOMAIN = utf8("macula route 1\0");

interface Search {
  readonly target: NodeId;
  readonly requestId: Bytes;
  readonly promise: Promise<LearnedRoute<Link>>;
  readonly resolve: (route: LearnedRoute<Link>) => void;
  readonly reject: (error: MeshError) => void;
  timer: Timer | undefined;
}

interface Pause {
  readonly until: Millis;
  readonly length: Millis;
}

/** Finds routes by asking from link to link, in growing rings; and helps others to. */
export class Discoverer {
  readonly #context: RoutingContext;
  readonly #seen: SeenRequests;
  readonly #searches = new Map<string, Search>();
  readonly #pauses = new BoundedMap<string, Pause>(PAUSED_MAX);
  /** Requests let through, by link. Entries end with their links. */
  readonly #rates = new Map<Link, TokenBucket>();
  readonly #rateOfAll: TokenBucket;
  readonly #writer = new FrameWriter();
  #answer: ((arrival: Arrival, writeBody: (writer: FrameWriter) => void) => void) | undefined;

  constructor(context: RoutingContext) {
    this.#context = context;
    this.#seen = new SeenRequests(context);
    const { clock } = context.ports;
    this.#rateOfAll = new TokenBucket(clock, REQUEST_RATE_ALL, REQUEST_BURST_ALL);
  }

  /** How a reply is sent back; set once, by whoever owns the courier. */
  onAnswer(answer: (arrival: Arrival, writeBody: (writer: FrameWriter) => void) => void): void {
    this.#answer = answer;
  }

  get size(): number {
    return this.#searches.size;
  }

  get sizeMax(): number {
    return SEARCHES_MAX;
  }

  /**
   * Searches a route to `target`, of at most `maxHops` forwarders if there is one. Searches for one target are
   * shared. After one without result the next waits up to two seconds, unless a link has come meanwhile.
   *
   * Rejects with `no_route`, `overloaded`, or `timeout` where the time is over first.
   */
  async discover(target: NodeId, maxHops: number, timeLeft: Millis): Promise<LearnedRoute<Link>> {
    const { clock } = this.#context.ports;
    const running = this.#searches.get(idText(target));
    if (running) return running.promise;
    const wait = (this.#pauses.peek(idText(target))?.until ?? 0) - clock.now();
    if (wait >= timeLeft)
      throw noRoute(target, "the last search found none and the next one is not due yet");
    if (wait > 0) await new Promise<void>((resume) => clock.timer(wait, resume));
    return this.#searches.get(idText(target))?.promise ?? this.#start(target, maxHops);
  }

  /** The mesh has changed: what was not found may be there now. */
  linkAdded(): void {
    this.#pauses.clear();
  }

  linkLost(link: Link): void {
    this.#rates.delete(link);
  }

  /** A route request from a neighbour. Throws `bad_frame`. */
  request(link: Link, bytes: Bytes, start: number, end: number): void {
    if (!this.#rate(link).take() || !this.#rateOfAll.take()) {
      this.#context.ports.meter.count("route_requests_dropped");
      return;
    }
    const request = readRouteRequest(bytes, start + HEADER_BYTES, end);
    const step = this.#seen.judge(request, link.label);
    if (step.kind === "answer") this.#reply(link, request);
    else if (step.kind === "spread") this.#spread(step.request, link);
  }

  /** The target of a search answers. What does not fit or is not signed by it is counted and dropped. */
  reply(arrival: Arrival, reply: RouteReply): void {
    const search = this.#searches.get(idText(arrival.source));
    const labels = arrival.labels;
    if (search === undefined || labels === undefined) return;
    const { self, verify, ports } = this.#context;
    const fits = equalBytes(reply.requestId, search.requestId);
    const signed = this.#signedText(reply.requestId, self, search.target);
    if (!fits || !verify(search.target, signed, reply.signature)) {
      ports.meter.count("route_replies_refused");
      return;
    }
    this.#pauses.delete(idText(search.target));
    this.#end(search, () => search.resolve({ link: arrival.link, labels }));
  }

  close(error: MeshError): void {
    for (const search of [...this.#searches.values()])
      this.#end(search, () => search.reject(error));
  }

  #start(target: NodeId, maxHops: number): Promise<LearnedRoute<Link>> {
    if (this.#searches.size >= SEARCHES_MAX) {
      throw new MeshError("overloaded", `${SEARCHES_MAX} route searches are under way already`);
    }
    if (this.#context.table.size === 0) throw noRoute(target, "this node has no link");
    const search = newSearch(target, this.#context.ids.bytes(this.#context.ids.next()));
    this.#searches.set(idText(target), search);
    this.#context.ports.meter.count("route_searches");
    const furthest = Math.max(maxHops, FURTHEST);
    this.#ring(search, ringsFor(maxHops, furthest, this.#context.meshSize()), 0);
    return search.promise;
  }

  #ring(search: Search, rings: readonly number[], index: number): void {
    const hopsLeft = rings[index];
    if (hopsLeft === undefined) {
      this.#exhausted(search);
      return;
    }
    const { requestId, target } = search;
    this.#spread(
      { requestId, source: this.#context.self, target, hopsLeft, labels: [] },
      undefined,
    );
    const time = hopsLeft * this.#hopTime();
    search.timer = this.#context.ports.clock.timer(time, () =>
      this.#ring(search, rings, index + 1),
    );
  }

  /** What a hop takes there and back, judged by this node's own links. */
  #hopTime(): Millis {
    let slowest: Millis = 0;
    for (const { liveness } of this.#context.table) {
      slowest = Math.max(slowest, liveness.roundTrip ?? 0);
    }
    return Math.min(RING_TIME_MOST, Math.max(RING_TIME, slowest * ROUND_TRIPS));
  }

  #exhausted(search: Search): void {
    const key = idText(search.target);
    const length = Math.min(PAUSE_MOST, (this.#pauses.peek(key)?.length ?? PAUSE_FIRST / 2) * 2);
    this.#pauses.set(key, { until: this.#context.ports.clock.now() + length, length });
    const error = noRoute(search.target, `nobody within ${FURTHEST} forwarders knows a way`);
    this.#end(search, () => search.reject(error));
  }

  #end(search: Search, settle: () => void): void {
    search.timer?.cancel();
    this.#searches.delete(idText(search.target));
    settle();
  }

  /** Sends a request on: to the target alone where it is linked, else to every transit node but `from`. */
  #spread(request: RouteRequest, from: Link | undefined): void {
    const { table, meshSize } = this.#context;
    const target = table.to(request.target);
    const neighbours = [...table].filter(
      ({ contact, peer }) => contact.transit && !sameId(peer, request.source),
    );
    const hopsLeft = Math.min(request.hopsLeft, reachOf(neighbours.length, meshSize()));
    this.#writer.begin();
    writeRouteRequest(this.#writer, { ...request, hopsLeft });
    this.#writer.finish(TYPE.routeRequest);
    if (target) return void target.sendFrame(this.#writer);
    if (hopsLeft === 0) return;
    for (const link of neighbours) if (link !== from) link.sendFrame(this.#writer);
  }

  #reply(link: Link, request: RouteRequest): void {
    const { self, signer } = this.#context;
    const signature = signer.sign(this.#signedText(request.requestId, request.source, self));
    const labels = [...request.labels].reverse();
    const arrival = { ...directArrival(link), source: request.source, labels, hops: labels.length };
    this.#answer?.(arrival, (writer) =>
      writeRouteReply(writer, { requestId: request.requestId, signature }),
    );
  }

  #signedText(requestId: Bytes, source: NodeId, target: NodeId): Bytes {
    return concat(DOMAIN, this.#context.realm, requestId, source, target);
  }

  #rate(link: Link): TokenBucket {
    const known = this.#rates.get(link);
    if (known) return known;
    const bucket = new TokenBucket(this.#context.ports.clock, REQUEST_RATE, REQUEST_BURST);
    this.#rates.set(link, bucket);
    return bucket;
  }
}

function newSearch(target: NodeId, requestId: Bytes): Search {
  let resolve!: (route: LearnedRoute<Link>) => void;
  let reject!: (error: MeshError) => void;
  const promise = new Promise<LearnedRoute<Link>>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { target, requestId, promise, resolve, reject, timer: undefined };
}

function noRoute(target: NodeId, reason: string): MeshError {
  return new MeshError("no_route", `no route to node ${shortId(target)}: ${reason}`);
}
