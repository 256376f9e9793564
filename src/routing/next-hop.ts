import type { Bytes } from "../base/bytes.ts";
import { type NodeId, sameId } from "../base/id.ts";
import { Nearest } from "./metric.ts";

/** What greedy routing needs to know of a linked node. */
export interface Neighbour {
  readonly peer: NodeId;
  readonly contact: { readonly transit: boolean };
}

/** Where this node stands. */
export interface Standing {
  readonly self: NodeId;
  /** It passes on the frames of others; a node that doesn't hands its own over to its best anchor. May change. */
  readonly transit: boolean;
}

/**
 * The greedy step: the destination itself where it is linked; else the transit neighbour that is nearest to the
 * destination or one of its anchors, and strictly nearer than this node. So no frame can run in a circle,
 * whatever the tables say meanwhile. A node that carries no transit hands over to its nearest transit
 * neighbour in any case: there is nothing better it could do.
 *
 * `undefined` at a dead end.
 */
export function findNextHop<N extends Neighbour>(
  standing: Standing,
  destination: NodeId,
  anchors: readonly Bytes[],
  neighbours: Iterable<N>,
): N | undefined {
  const search = new Nearest(destination, anchors);
  if (standing.transit) search.isCloser(standing.self);
  let best: N | undefined;
  for (const neighbour of neighbours) {
    if (sameId(neighbour.peer, destination)) return neighbour;
    if (!neighbour.contact.transit) continue;
    if (search.isCloser(neighbour.peer) || (best === undefined && !standing.transit))
      best = neighbour;
  }
  return best;
}
