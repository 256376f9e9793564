import type { Bytes } from "../base/bytes.ts";
import { type NodeId, sameId } from "../base/id.ts";
import { Nearest } from "./metric.ts";
import type { Neighbour } from "./next-hop.ts";

/** A neighbour that a search may choose. */
export interface Candidate extends Neighbour {
  readonly label: number;
}

/** What a search looks for, and where it has been. */
export interface Quest {
  readonly destination: NodeId;
  readonly anchors: readonly Bytes[];
  /** Who has sent the message: it has tried its own ways. */
  readonly source: NodeId;
  /** Labels of links not to be taken again. */
  readonly tried: readonly number[];
  /** The next node may only be the destination: no forwarder is left to pass. */
  readonly isLastHop: boolean;
}

/**
 * The next step of a best-first search (Roos and Strufe, NextBestOnce, 2012): of the links that were not tried the one
 * to the destination, else the one to the nearest transit node, whether it is nearer than this node or not. Suspect
 * neighbours come last. `undefined` where none is left.
 */
export function bestUntried<N extends Candidate>(
  quest: Quest,
  neighbours: Iterable<N>,
): N | undefined {
  const untried = [...neighbours].filter(
    ({ label, peer }) => !quest.tried.includes(label) && !sameId(peer, quest.source),
  );
  const steady = untried.filter((neighbour) => neighbour.isSuspect !== true);
  return nearest(quest, steady) ?? nearest(quest, untried);
}

function nearest<N extends Candidate>(quest: Quest, neighbours: readonly N[]): N | undefined {
  const search = new Nearest(quest.destination, quest.anchors);
  let best: N | undefined;
  for (const neighbour of neighbours) {
    if (sameId(neighbour.peer, quest.destination)) return neighbour;
    if (quest.isLastHop || !neighbour.contact.transit) continue;
    if (search.isCloser(neighbour.peer) || best === undefined) best = neighbour;
  }
  return best;
}
