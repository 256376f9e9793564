import { matchesAt } from "../base/bytes.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import { isDhtAnswer, isDhtRequest } from "../wire/dht.ts";
import { TYPE } from "../wire/frame.ts";
import type { Rule } from "../wire/route-control.ts";
import type { RouteView } from "../wire/route-frame.ts";
import { findNextHop, findOtherHop, type Neighbour, type Standing } from "./next-hop.ts";

/** What becomes of a route frame at this node. */
export type Decision<N> =
  | { readonly kind: "deliver_call" }
  | { readonly kind: "deliver_reply" }
  /** DHT traffic, what opens direct links, and notices about frames of our own. */
  | { readonly kind: "deliver_control" }
  | { readonly kind: "forward"; readonly next: N; readonly rule: Rule }
  /** It has come back from the node it was sent to: another has to be found. */
  | { readonly kind: "returned" }
  /** There is no straight way on from here, for this reason, or a search for one is on already. */
  | { readonly kind: "stuck"; readonly code: ErrorCode }
  /** Nobody is told; it is counted under this reason. */
  | { readonly kind: "drop"; readonly reason: DropReason };

export type DropReason = "own_source" | "unknown_payload" | "misdirected";

/** The links a decision may choose from. */
export interface Neighbours<N extends Neighbour> extends Iterable<N> {
  labelled(label: number): N | undefined;
}

const CALL: Decision<never> = { kind: "deliver_call" };
const REPLY: Decision<never> = { kind: "deliver_reply" };
const CONTROL: Decision<never> = { kind: "deliver_control" };
const RETURNED: Decision<never> = { kind: "returned" };

/** True where the frame has reached the node it is meant for. */
export function shouldDeliverLocally(view: RouteView, self: NodeId): boolean {
  return matchesAt(view.bytes, view.destinationAt, self);
}

/**
 * Decides over one route frame, without changing it. Local delivery comes before the hop limit: a frame that
 * arrives with its last hop is delivered.
 */
export function routeOrDeliver<N extends Neighbour>(
  view: RouteView,
  standing: Standing,
  neighbours: Neighbours<N>,
): Decision<N> {
  const isOwn = matchesAt(view.bytes, view.sourceAt, standing.self);
  if (view.returned) return returned(view, standing, isOwn);
  // A frame of our own that is not given back has run in a circle or is forged; but the way back of a notice leads
  // through its own sender where the frame it is about has met that node twice.
  if (isOwn && !(view.labelled && isNotice(view.payloadType))) return drop("own_source");
  if (shouldDeliverLocally(view, standing.self)) return delivery(view.payloadType);
  if (view.hopCount >= view.maxHops) return stuck("max_hops_exceeded");
  if (!standing.transit) return stuck("no_route");
  if (view.labelled) return alongLabels(view, neighbours);
  return view.budget > 0 ? stuck("no_route") : greedily(view, standing, neighbours);
}

/** Only a node that has passed a frame on can get it back, and the source before it has passed any. */
function returned(view: RouteView, { self, transit }: Standing, isOwn: boolean): Decision<never> {
  const fits = isOwn ? view.hopCount === 0 : transit && view.hopCount > 0;
  return fits && !shouldDeliverLocally(view, self) ? RETURNED : drop("misdirected");
}

/** Hints about a message, on their way to its source. Lost ones are not sent again, and nothing is told about them. */
export function isNotice(payloadType: number): boolean {
  return payloadType === TYPE.routeError || payloadType === TYPE.hopReport;
}

/** Two ends that agree on a link of their own. */
function isPunch(payloadType: number): boolean {
  return (
    payloadType === TYPE.punchOffer ||
    payloadType === TYPE.punchAnswer ||
    payloadType === TYPE.punchGo
  );
}

function delivery(payloadType: number): Decision<never> {
  if (payloadType === TYPE.call || payloadType === TYPE.cast || payloadType === TYPE.cancel)
    return CALL;
  if (payloadType === TYPE.reply) return REPLY;
  const known =
    isDhtRequest(payloadType) ||
    isDhtAnswer(payloadType) ||
    payloadType === TYPE.routeError ||
    payloadType === TYPE.routeReply ||
    payloadType === TYPE.boxKey ||
    payloadType === TYPE.hopReport ||
    isPunch(payloadType);
  return known ? CONTROL : drop("unknown_payload");
}

function alongLabels<N extends Neighbour>(view: RouteView, neighbours: Neighbours<N>): Decision<N> {
  if (view.hopCount >= view.slots) return stuck("stale_route");
  const next = neighbours.labelled(view.label(view.hopCount));
  if (next === undefined || next.isSuspect === true) return stuck("stale_route");
  return { kind: "forward", next, rule: "cached" };
}

function greedily<N extends Neighbour>(
  view: RouteView,
  standing: Standing,
  neighbours: Neighbours<N>,
): Decision<N> {
  const { destination, destinationAnchors, attempt } = view;
  const next =
    attempt === 0
      ? findNextHop(standing, destination, destinationAnchors, neighbours)
      : findOtherHop(standing, destination, destinationAnchors, neighbours, attempt);
  return next ? { kind: "forward", next, rule: "greedy" } : stuck("no_route");
}

function stuck(code: ErrorCode): Decision<never> {
  return { kind: "stuck", code };
}

function drop(reason: DropReason): Decision<never> {
  return { kind: "drop", reason };
}
