import { BoundedMap } from "../base/bounded.ts";
import { idNumber, type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";

/** Destinations remembered; the one that proved good longest ago goes. */
export const LEARNED_ROUTES_MAX = 4_096;

/** A route is forgotten this long after it last proved good. */
export const LEARNED_ROUTE_LIFE: Millis = 60_000;

/** Within this time of its last proof a route that proves good again is not even written down. */
const PROOF_INTERVAL: Millis = 1_000;

/** A link as far as a route needs it. */
export interface RouteLink {
  readonly ended: unknown;
}

/** A way that has worked: the first link, then one label for each forwarder. */
export interface LearnedRoute<L extends RouteLink> {
  readonly link: L;
  readonly labels: readonly number[];
  /** It was found by chance, on detours: there may be a shorter one. */
  readonly deflected?: boolean;
}

interface Entry<L extends RouteLink> extends LearnedRoute<L> {
  readonly destination: NodeId;
  readonly provenAt: Millis;
}

/** Label routes by destination. Pure: every method is told the time. */
export class LearnedRoutes<L extends RouteLink> {
  readonly #routes = new BoundedMap<number, Entry<L>>(LEARNED_ROUTES_MAX);

  get size(): number {
    return this.#routes.size;
  }

  /** A route that is fresh and whose first link lives. */
  get(destination: NodeId, now: Millis): LearnedRoute<L> | undefined {
    return this.#fresh(destination, now);
  }

  /** The route has just worked. A shorter one that is known and fresh is kept. */
  learn(destination: NodeId, route: LearnedRoute<L>, now: Millis): void {
    const known = this.#fresh(destination, now);
    if (known && known.labels.length < route.labels.length) return;
    if (known && now - known.provenAt < PROOF_INTERVAL && sameRoute(known, route)) return;
    const { link, labels, deflected = false } = route;
    this.#routes.set(idNumber(destination), {
      destination,
      link,
      labels,
      deflected,
      provenAt: now,
    });
  }

  /** The route has failed. */
  forget(destination: NodeId): void {
    this.#routes.delete(idNumber(destination));
  }

  #fresh(destination: NodeId, now: Millis): Entry<L> | undefined {
    const key = idNumber(destination);
    const route = this.#routes.peek(key);
    if (route === undefined || !sameId(route.destination, destination)) return undefined;
    if (now - route.provenAt <= LEARNED_ROUTE_LIFE && route.link.ended === undefined) return route;
    this.#routes.delete(key);
    return undefined;
  }
}

function sameRoute(a: LearnedRoute<RouteLink>, b: LearnedRoute<RouteLink>): boolean {
  return a.link === b.link && a.labels.every((label, index) => label === b.labels[index]);
}
