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
  /** Per request the most hops it had left, or as its target the fewest it had passed. */
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
    // Both count upwards: more hops left, or fewer hops passed.
    const merit = isTarget ? -request.labels.length : request.hopsLeft;
    const key = toHex(request.requestId);
    const known = this.#best.get(key);
    if (known !== undefined && known >= merit) return { kind: "ignore" };
    this.#best.set(key, merit);
    if (isTarget) return { kind: "answer" };
    const labels = [...request.labels, inLabel];
    return { kind: "spread", request: { ...request, hopsLeft: request.hopsLeft - 1, labels } };
  }
}

/**
 * The rings of a search for a route of at most `maxHops` forwarders: small ones first, then all it may, then
 * as far as this mesh ever goes, so that a route that is too long is told from none.
 */
export function ringsFor(maxHops: number, furthest: number): number[] {
  const rings = [...RINGS.map((ring) => Math.min(ring, maxHops)), maxHops, furthest];
  return [...new Set(rings)].filter((ring) => ring > 0).sort((a, b) => a - b);
}
