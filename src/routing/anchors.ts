import type { Bytes } from "../base/bytes.ts";
import { compareDistance, type NodeId } from "../base/id.ts";
import { ANCHORS_MAX } from "../wire/limits.ts";
import type { Standing } from "./next-hop.ts";
import type { Parcel } from "./parcel.ts";

/** What the choice of anchors looks at. */
export interface AnchorLink {
  readonly peer: NodeId;
  readonly contact: { readonly transit: boolean };
  readonly pinned: boolean;
  /** It may go at any time. */
  readonly isShortcut?: boolean;
}

/**
 * The transit nodes that a node without transit is reached through: those that it keeps links to, the nearest to its
 * own id first, and then others that it is linked to. A transit node needs none.
 */
export function anchorsOf(standing: Standing, links: Iterable<AnchorLink>): NodeId[] {
  if (standing.transit) return [];
  return [...links]
    .filter((link) => link.contact.transit && link.isShortcut !== true)
    .sort(
      (a, b) =>
        Number(b.pinned) - Number(a.pinned) || compareDistance(standing.self, a.peer, b.peer),
    )
    .slice(0, ANCHORS_MAX)
    .map((link) => link.peer);
}

/**
 * Through which of its anchors the destination is to be reached: the nearest at first; one after the other where nothing
 * came of that, in another order each time round, so that each is met over each first link.
 */
export function anchorsFor({ anchors, attempts }: Parcel): readonly Bytes[] {
  if (attempts === 0 || anchors.length < 2) return anchors;
  const turn = attempts + Math.floor(attempts / anchors.length);
  return [anchors[turn % anchors.length] as Bytes];
}
