import type { Bytes } from "../base/bytes.ts";
import { matchesAt } from "../base/bytes.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { Link } from "../peer/link.ts";
import { RouteView } from "../wire/route-frame.ts";
import type { CustodyWatch } from "./custody-watch.ts";
import { isNotice } from "./decide.ts";
import { findNextHop } from "./next-hop.ts";
import type { RoutingContext } from "./routing-context.ts";
import { SearchMemory } from "./search-memory.ts";
import { bestUntried } from "./untried.ts";

/** Transmissions one message may cost once it has left its straight way. */
export const SEARCH_BUDGET = 64;

/** What a search that has ended here is told to. */
export interface DeflectorOwner {
  /** The source is told that its frame, which lies as it came in here, can't be delivered. */
  refuse(from: Link | undefined, view: RouteView, code: ErrorCode): void;
  /** The source is told that its learned route leads nowhere; the frame itself goes on. */
  routeIsStale(from: Link | undefined, view: RouteView): void;
  /** A message of this node's own has tried every link it has. */
  exhausted(messageId: Bytes): void;
  /** A traced frame went on that way. */
  deflected(from: Link, view: RouteView): void;
}

/**
 * Gets frames on that have no straight way: from each node over the best link that was not tried yet, and back to where
 * they came from when none is left, until they are there, no node is left, or the budget is used up. The way that a frame
 * has come, without its detours, stands in its slots all the time.
 */
export class Deflector {
  readonly #context: RoutingContext;
  readonly #watch: CustodyWatch;
  readonly #owner: DeflectorOwner;
  readonly #memory = new SearchMemory();
  readonly #view = new RouteView();

  constructor(context: RoutingContext, watch: CustodyWatch, owner: DeflectorOwner) {
    this.#context = context;
    this.#watch = watch;
    this.#owner = owner;
  }

  /** Messages whose tried links are remembered. */
  get size(): number {
    return this.#memory.size;
  }

  /** The frame came in over `from` and has no straight way on, for this reason. */
  stuck(from: Link, view: RouteView, code: ErrorCode): void {
    if (view.plain || isNotice(view.payloadType)) {
      this.#owner.refuse(from, view, code);
      return;
    }
    if (view.labelled) this.#leaveRoute(from, view);
    const isBack = this.#memory.meet(view, this.#context.ports.clock.now());
    this.#mark(view, from);
    const isEnd = isBack || !this.#context.transit || view.hopCount >= view.maxHops;
    if (isEnd) this.#giveBack(from, view, code);
    else this.#goOn(from, from.label, view, code);
  }

  /** The frame was sent over `from` and comes back. */
  returned(from: Link, view: RouteView): void {
    view.returned = false;
    this.#elsewhere(from, view);
  }

  /** The frame was sent over `link`, as it lies here, and may not have arrived. It is tried elsewhere. */
  lost(link: Link, bytes: Bytes, start: number, end: number): void {
    this.#view.read(bytes, start, end);
    this.#lost(link, this.#view);
    this.#view.release();
  }

  #lost(link: Link, view: RouteView): void {
    if (view.returned) {
      this.#context.ports.meter.count("searches_lost");
      return;
    }
    this.#context.ports.meter.count("frames_resent");
    const isOwn = this.#isOwn(view);
    if (view.labelled) this.#leaveRoute(isOwn ? undefined : this.#cameOver(view), view);
    this.#elsewhere(link, view);
  }

  /** The frame is as it was when this node sent it over `failed`. */
  #elsewhere(failed: Link, view: RouteView): void {
    this.#mark(view, failed);
    if (this.#isOwn(view)) {
      if (view.plain) this.#straightOn(undefined, 0, view);
      else this.#goOn(undefined, 0, view, "no_route");
      return;
    }
    const from = this.#cameOver(view);
    const label = view.label(view.hopCount - 1);
    view.takeBack();
    if (view.plain) this.#straightOn(from, label, view);
    else this.#goOn(from, label, view, "no_route");
  }

  /** A frame that is not worth a search: over the next nearer link, or not at all. */
  #straightOn(from: Link | undefined, label: number, view: RouteView): void {
    const { destination, destinationAnchors } = view;
    const { table } = this.#context;
    const next = findNextHop(this.#context, destination, destinationAnchors, table);
    const isOwn = this.#isOwn(view);
    if (next !== undefined) {
      if (!isOwn) view.passOn(label);
      if (this.#send(next, view)) return;
      if (!isOwn) view.takeBack();
    }
    if (isOwn) this.#owner.exhausted(view.messageId);
    else this.#owner.refuse(from, view, "no_route");
  }

  /** Sends the frame over the best link that was not tried; `label` is that of the link it came in on. */
  #goOn(from: Link | undefined, label: number, view: RouteView, code: ErrorCode): void {
    for (let next = this.#next(view); next !== undefined; next = this.#next(view)) {
      this.#mark(view, next);
      if (!this.#pass(next, label, view)) continue;
      this.#context.ports.meter.count("frames_deflected");
      if (view.traced && from) this.#owner.deflected(from, view);
      return;
    }
    if (this.#isOwn(view)) this.#owner.exhausted(view.messageId);
    else this.#giveBack(from, view, code);
  }

  /** One step of a search. False, and the frame as it was, where the budget or the link does not allow it. */
  #pass(next: Link, label: number, view: RouteView): boolean {
    const budget = budgetAfter(view);
    if (budget === 0) return false;
    const before = view.budget;
    const isOwn = this.#isOwn(view);
    view.search(budget);
    if (!isOwn) view.passOn(label);
    if (this.#send(next, view)) return true;
    if (!isOwn) view.takeBack();
    view.search(before);
    return false;
  }

  /** Back to the node it came from, which may know another way. */
  #giveBack(from: Link | undefined, view: RouteView, code: ErrorCode): void {
    const budget = budgetAfter(view);
    if (from !== undefined && budget > 0) {
      view.search(budget);
      view.returned = true;
      if (this.#send(from, view)) {
        this.#context.ports.meter.count("frames_returned");
        return;
      }
      view.returned = false;
    }
    this.#owner.refuse(from, view, code);
  }

  #leaveRoute(from: Link | undefined, view: RouteView): void {
    this.#context.ports.meter.count("routes_left");
    this.#owner.routeIsStale(from, view);
    view.unlabel();
  }

  #next(view: RouteView): Link | undefined {
    const { table, ports } = this.#context;
    const { destination, destinationAnchors, source } = view;
    const passed = this.#isOwn(view) ? 0 : view.hopCount + 1;
    const tried = this.#memory.tried(view, ports.clock.now());
    const isLastHop = passed >= view.maxHops;
    return bestUntried(
      { destination, anchors: destinationAnchors, source, tried, isLastHop },
      table,
    );
  }

  #send(link: Link, view: RouteView): boolean {
    const now = this.#context.ports.clock.now();
    if (!link.sendRouted(view.bytes, view.start, view.end, !isNotice(view.payloadType), now)) {
      return false;
    }
    this.#watch.began();
    return true;
  }

  #mark(view: RouteView, link: Link): void {
    this.#memory.mark(view, link.label, this.#context.ports.clock.now());
  }

  #isOwn(view: RouteView): boolean {
    return matchesAt(view.bytes, view.sourceAt, this.#context.self);
  }

  /** The link that a frame which this node has passed on came in on, where it lives. */
  #cameOver(view: RouteView): Link | undefined {
    return this.#context.table.labelled(view.label(view.hopCount - 1));
  }
}

/** What is left of the budget after one more transmission; 0 where it may not be made. */
function budgetAfter({ budget }: RouteView): number {
  return budget === 0 ? SEARCH_BUDGET : Math.min(budget, SEARCH_BUDGET) - 1;
}
