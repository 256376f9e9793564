import { BoundedMap } from "../base/bounded.ts";
import { idNumber } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { Discoverer } from "./discoverer.ts";
import { SIZE_GUARD } from "./discovery.ts";
import { LEARNED_ROUTES_MAX, type LearnedRoute, type LearnedRoutes } from "./learned-routes.ts";
import type { Parcel } from "./parcel.ts";
import type { RoutingContext } from "./routing-context.ts";

/** A shorter route to one node is asked for once in this time, and for no longer than this. */
const SHORTEN_EVERY: Millis = 60_000;
const SHORTEN_TIME: Millis = 2_000;

/** Finds shorter routes in place of those that were found on detours, once they are used again. */
export class Shortener {
  readonly #context: RoutingContext;
  readonly #discoverer: Discoverer;
  readonly #routes: LearnedRoutes<Link>;
  /** When it may next be asked for a shorter route, by destination. */
  readonly #due = new BoundedMap<number, Millis>(LEARNED_ROUTES_MAX);

  constructor(context: RoutingContext, discoverer: Discoverer, routes: LearnedRoutes<Link>) {
    this.#context = context;
    this.#discoverer = discoverer;
    this.#routes = routes;
  }

  /** The route `known` is used for `parcel`: where that is due, it is asked whether there is a shorter one. */
  shorten({ destination, searches }: Parcel, known: LearnedRoute<Link>): void {
    const { ports, meshSize } = this.#context;
    const now = ports.clock.now();
    if ((this.#due.peek(idNumber(destination)) ?? 0) > now) return;
    this.#due.set(idNumber(destination), now + SHORTEN_EVERY);
    const most = known.labels.length - 1;
    if (searches === false || most < 0 || meshSize() > SIZE_GUARD) return;
    this.#discoverer.discover(destination, most, SHORTEN_TIME).then(
      (route) => this.#routes.learn(destination, route, ports.clock.now()),
      () => {}, // The known one goes on serving.
    );
  }
}
