import type { Bytes } from "../base/bytes.ts";
import { type NodeId, sameId } from "../base/id.ts";
import { Nearest } from "./metric.ts";

/** What greedy routing needs to know of a linked node. */
export interface Neighbour {
  readonly peer: NodeId;
  readonly contact: { readonly transit: boolean };
  /** It has not answered for lately what it was sent. */
  readonly isSuspect?: boolean;
}

/** Where this node stands. */
export interface Standing {
  readonly self: NodeId;
  /** It passes on the frames of others; a node that doesn't hands its own over to its best anchor. May change. */
  readonly transit: boolean;
}

/**
 * The greedy step: the destination itself where it is linked; else the transit neighbour that is nearest to one of its
 * anchors, or to itself where it has none, and strictly nearer than this node. So no frame can run in a circle,
 * whatever the tables say meanwhile. A node that carries no transit hands over to its nearest transit
 * neighbour in any case: there is nothing better it could do. Suspect neighbours are left out.
 *
 * `undefined` at a dead end.
 */
export function findNextHop<N extends Neighbour>(
  standing: Standing,
  destination: NodeId,
  anchors: readonly Bytes[],
  neighbours: Iterable<N>,
): N | undefined {
  // Who has anchors is linked to no other transit node: to be near to it alone leads nowhere.
  const search = new Nearest(anchors[0] ?? destination, anchors);
  if (standing.transit) search.isCloser(standing.self);
  let best: N | undefined;
  for (const neighbour of neighbours) {
    if (neighbour.isSuspect !== true && sameId(neighbour.peer, destination)) return neighbour;
    if (!isPassable(neighbour)) continue;
    if (search.isCloser(neighbour.peer) || (best === undefined && !standing.transit))
      best = neighbour;
  }
  return best;
}

/** Links a repeated message chooses from at each hop: the nearest ones. */
const CHOICES = 3;

/**
 * The greedy step for a further `attempt` at a message: one of the three that `findNextHop` likes best, so that each
 * attempt passes other nodes, for one that was passed before may drop what it is given.
 */
export function findOtherHop<N extends Neighbour>(
  standing: Standing,
  destination: NodeId,
  anchors: readonly Bytes[],
  neighbours: Iterable<N>,
  attempt: number,
): N | undefined {
  let left = [...neighbours];
  let found: N | undefined;
  const turn = (attempt + (standing.self.at(-1) as number)) % CHOICES;
  for (let rank = 0; rank <= turn; rank++) {
    const next = findNextHop(standing, destination, anchors, left);
    if (next === undefined) break;
    found = next;
    if (sameId(next.peer, destination)) break;
    left = left.filter((neighbour) => neighbour !== next);
  }
  return found;
}

function isPassable({ contact, isSuspect }: Neighbour): boolean {
  return contact.transit && isSuspect !== true;
}
