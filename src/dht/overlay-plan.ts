import { bucketIndex, compareDistance, ID_BYTES, type NodeId, sameId } from "../base/id.ts";

/** Transit nodes that a node without transit keeps links to: who would reach it goes through them. */
export const ANCHORS_WANTED = 4;

/** Links of a node that serves nobody above which those that are missed least are let go. */
export const LINKS_OF_EDGE = 6;

/** Nearest transit nodes that a transit node keeps links to, whatever bucket they are in. */
export const SIBLINGS_WANTED = 4;

/** Links a transit node keeps into each bucket that is not empty: the second one is for when the first one dies. */
export const LINKS_PER_BUCKET = 2;

/** What planning needs to know of a node. */
export interface Place {
  readonly id: NodeId;
  /** It passes on the frames of others. */
  readonly transit: boolean;
}

/** Where a node stands and whom it could be linked to. No node stands in both lists. */
export interface Terrain<P extends Place> {
  readonly self: NodeId;
  readonly transit: boolean;
  /** Whether links into far buckets are wanted yet; siblings and anchors always are. */
  readonly far: boolean;
  /** Whom it is linked to, the oldest link first. */
  readonly linked: readonly P[];
  /** Whom it could dial now. */
  readonly diallable: readonly P[];
}

/**
 * The nodes to keep links to. Transit nodes want their nearest neighbours and two in each bucket: then each of them
 * has somebody strictly closer to any target, and greedy routing arrives. All others want the transit nodes
 * nearest to their own id, so that whoever knows the id knows where to look for them.
 */
export function planLinks<P extends Place>(terrain: Terrain<P>): P[] {
  const linked = terrain.linked.filter((place) => place.transit);
  const diallable = terrain.diallable.filter((place) => place.transit);
  const nearest = (count: number): P[] =>
    [...linked, ...diallable]
      .sort((a, b) => compareDistance(terrain.self, a.id, b.id))
      .slice(0, count);
  if (!terrain.transit) return nearest(ANCHORS_WANTED);
  const wanted = new Set(nearest(SIBLINGS_WANTED));
  if (!terrain.far) return [...wanted];
  const taken = new Map<number, number>();
  for (const place of [...linked, ...spread(terrain.self, diallable)]) {
    const bucket = bucketIndex(terrain.self, place.id);
    const count = taken.get(bucket) ?? 0;
    if (count >= LINKS_PER_BUCKET) continue;
    taken.set(bucket, count + 1);
    wanted.add(place);
  }
  return [...wanted];
}

/**
 * Whether a node in that bucket could be in the plan at all. Most could not: far buckets have their links, and what a
 * node knows of them is not worth a look at each change.
 */
export function bucketsThatMatter<P extends Place>(
  terrain: Omit<Terrain<P>, "diallable">,
): (bucket: number) => boolean {
  const { self, transit, far, linked } = terrain;
  const buckets = linked.filter((place) => place.transit).map(({ id }) => bucketIndex(self, id));
  const linksIn = (bucket: number): number => buckets.filter((it) => it === bucket).length;
  const wanted = transit ? SIBLINGS_WANTED : ANCHORS_WANTED;
  const nearest = [...buckets].sort((a, b) => b - a)[wanted - 1] ?? 0;
  return (bucket) => bucket >= nearest || (transit && far && linksIn(bucket) < LINKS_PER_BUCKET);
}

/**
 * In an order that is each node's own and stays the same: were it that in which nodes became known, all would
 * want links to those that everybody meets first.
 */
function spread<P extends Place>(self: NodeId, places: readonly P[]): P[] {
  const point = new Uint8Array(ID_BYTES);
  point.set(self.subarray(ID_BYTES / 2));
  point.set(self.subarray(0, ID_BYTES / 2), ID_BYTES / 2);
  return [...places].sort((a, b) => compareDistance(point, a.id, b.id));
}

/** Dials under way at once. */
export const DIALS_MAX = 4;

/** The same while nobody passes on our questions: who is nearest is not known yet. */
const DIALS_ALONE_MAX = 2;

/** Dials that a node has room for. Whom an edge wants may change all at once: it lets go of some before it dials more. */
export function dialsAtOnce(node: {
  readonly serves: boolean;
  /** Nobody is linked who passes on what it sends. */
  readonly isAlone: boolean;
  readonly links: number;
}): number {
  const most = node.isAlone ? DIALS_ALONE_MAX : DIALS_MAX;
  return node.serves ? most : Math.min(most, Math.max(1, LINKS_OF_EDGE - node.links));
}

/** What shedding needs to know of a link. */
export interface Guest {
  readonly contact: { readonly transit: boolean; readonly anchors: readonly NodeId[] };
  readonly pinned: boolean;
  readonly isClosing: boolean;
  readonly usedAt: number;
}

/** Other anchors that a node is well off with. */
const ANCHORS_SPARED = 2;

/**
 * The link that is missed least where there are more than a node wants to carry: first one of a node that does not
 * name us as its anchor and is only passing through, then one of a node with two anchors besides us, then one
 * with another anchor at all, then one of a transit node that we don't need, because it may need us; of several
 * that used longest ago. `undefined` where each is needed: a mesh may have few that can be dialled, and many that
 * have nobody else.
 */
export function linkToShed<G extends Guest>(self: NodeId, links: Iterable<G>): G | undefined {
  let best: G | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const link of links) {
    const worth = worthOf(self, link);
    if (worth === undefined || worth > least) continue;
    if (worth === least && best !== undefined && best.usedAt <= link.usedAt) continue;
    best = link;
    least = worth;
  }
  return best;
}

function worthOf(self: NodeId, { pinned, isClosing, contact }: Guest): number | undefined {
  if (pinned || isClosing) return undefined;
  if (contact.transit) return 3;
  const others = contact.anchors.filter((anchor) => !sameId(anchor, self)).length;
  if (others === 0) return undefined;
  if (others === contact.anchors.length) return 0;
  return others >= ANCHORS_SPARED ? 1 : 2;
}
