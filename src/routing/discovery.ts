import { BoundedMap } from "../base/bounded.ts";
import { toHex } from "../base/bytes.ts";
import { sameId } from "../base/id.ts";
import type { RouteRequest } from "../wire/route-control.ts";
import type { Standing } from "./next-hop.ts";

/** Route requests remembered at once; the one not heard of for longest goes. */
export const SEEN_REQUESTS_MAX = 8_192;

/** Forwarders that the first ring of a search may pass, and the second. */
export const RINGS: readonly number[] = [4, 8];

/** What a node does with a route request. */
export type DiscoveryStep =
  | { readonly kind: "ignore" }
  /** We are the target. */
  | { readonly kind: "answer" }
  /** Pass it on, to everybody but the one it came from, or to the target where it is linked. */
  | { readonly kind: "spread"; readonly request: RouteRequest };

/**
 * What this node has seen of route requests. A request is passed on again only with more hops left than any time
 * before: without that rule a fast long way would hide a slow short one, and a route of few hops could be
 * missed.
 */
export class SeenRequests {
  readonly #standing: Standing;
  /** Per request the most hops it had left; as its target the widest ring, and in that the fewest hops it had passed. */
  readonly #best = new BoundedMap<string, number>(SEEN_REQUESTS_MAX);

  constructor(standing: Standing) {
    this.#standing = standing;
  }

  get size(): number {
    return this.#best.size;
  }

  /** Judges a request that came in over the link with label `inLabel`. */
  judge(request: RouteRequest, inLabel: number): DiscoveryStep {
    const { self, transit } = this.#standing;
    if (sameId(request.source, self)) return { kind: "ignore" };
    const isTarget = sameId(request.target, self);
    if (!isTarget && (!transit || request.hopsLeft === 0)) return { kind: "ignore" };
    // A wider ring is answered anew: the answer to the one before may have been lost with a hop.
    const merit = isTarget ? answerMerit(request) : request.hopsLeft;
    const key = toHex(request.requestId);
    const known = this.#best.get(key);
    if (known !== undefined && known >= merit) return { kind: "ignore" };
    this.#best.set(key, merit);
    if (isTarget) return { kind: "answer" };
    const labels = [...request.labels, inLabel];
    return { kind: "spread", request: { ...request, hopsLeft: request.hopsLeft - 1, labels } };
  }
}

/** Hops passed and hops left are together the width of the ring. */
function answerMerit({ hopsLeft, labels }: RouteRequest): number {
  return (hopsLeft + labels.length) * 32 - labels.length;
}

/** In a mesh of more nodes than this a search is kept from asking all of them. */
export const SIZE_GUARD = 5_000;
const RING_GUARDED = 8;

/** Nodes that one node may have asked, in a mesh of more nodes than `SIZE_GUARD`. */
const ASKED_MAX = 10_000;

/**
 * The rings of a search for a route of at most `maxHops` forwarders: small ones first, then all it may, then
 * as far as this mesh ever goes, so that a route that is too long is told from none. A mesh of more than 5,000 nodes is
 * not asked as a whole: in one that has its order no route is that long.
 */
export function ringsFor(maxHops: number, furthest: number, meshSize = 0): number[] {
  const most = meshSize > SIZE_GUARD ? RING_GUARDED : Number.POSITIVE_INFINITY;
  const rings = [...RINGS.map((ring) => Math.min(ring, maxHops)), maxHops, furthest];
  const kept = rings.map((ring) => Math.min(ring, most)).filter((ring) => ring > 0);
  return [...new Set(kept)].sort((a, b) => a - b);
}

/**
 * Hops left at most in a request that a node gives to so many neighbours. In a large mesh that depends on how many they
 * are: over a grid eight hops ask a hundred nodes, in an overlay of 50 links a node three ask all there are.
 */
export function reachOf(neighbours: number, meshSize: number): number {
  if (meshSize <= SIZE_GUARD || neighbours < 2) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(Math.log(ASKED_MAX) / Math.log(neighbours)));
}
