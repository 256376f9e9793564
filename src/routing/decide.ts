import { matchesAt } from "../base/bytes.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import { isDhtAnswer, isDhtRequest } from "../wire/dht.ts";
import { TYPE } from "../wire/frame.ts";
import type { Rule } from "../wire/route-control.ts";
import type { RouteView } from "../wire/route-frame.ts";
import { findNextHop, type Neighbour, type Standing } from "./next-hop.ts";

/** What becomes of a route frame at this node. */
export type Decision<N> =
  | { readonly kind: "deliver_call" }
  | { readonly kind: "deliver_reply" }
  /** DHT traffic and notices about frames of our own. */
  | { readonly kind: "deliver_control" }
  | { readonly kind: "forward"; readonly next: N; readonly rule: Rule }
  /** The source is told. */
  | { readonly kind: "error"; readonly code: ErrorCode }
  /** Nobody is told; it is counted under this reason. */
  | { readonly kind: "drop"; readonly reason: DropReason };

export type DropReason = "own_source" | "unknown_payload";

/** The links a decision may choose from. */
export interface Neighbours<N extends Neighbour> extends Iterable<N> {
  labelled(label: number): N | undefined;
}

const CALL: Decision<never> = { kind: "deliver_call" };
const REPLY: Decision<never> = { kind: "deliver_reply" };
const CONTROL: Decision<never> = { kind: "deliver_control" };

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
  // A frame of our own that comes back has run in a circle or is forged.
  if (matchesAt(view.bytes, view.sourceAt, standing.self)) return drop("own_source");
  if (shouldDeliverLocally(view, standing.self)) return delivery(view.payloadType);
  if (view.hopCount >= view.maxHops) return failure("max_hops_exceeded");
  if (!standing.transit) return failure("no_route");
  return view.labelled ? alongLabels(view, neighbours) : greedily(view, standing, neighbours);
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
    payloadType === TYPE.hopReport;
  return known ? CONTROL : drop("unknown_payload");
}

function alongLabels<N extends Neighbour>(view: RouteView, neighbours: Neighbours<N>): Decision<N> {
  if (view.hopCount >= view.slots) return failure("stale_route");
  const next = neighbours.labelled(view.label(view.hopCount));
  return next ? { kind: "forward", next, rule: "cached" } : failure("stale_route");
}

function greedily<N extends Neighbour>(
  view: RouteView,
  standing: Standing,
  neighbours: Neighbours<N>,
): Decision<N> {
  const next = findNextHop(standing, view.destination, view.destinationAnchors, neighbours);
  return next ? { kind: "forward", next, rule: "greedy" } : failure("no_route");
}

function failure(code: ErrorCode): Decision<never> {
  return { kind: "error", code };
}

function drop(reason: DropReason): Decision<never> {
  return { kind: "drop", reason };
}
