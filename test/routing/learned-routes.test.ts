import { describe, expect, it } from "vitest";
import { type NodeId, toNodeId } from "../../src/base/id.ts";
import {
  LEARNED_ROUTE_LIFE,
  LEARNED_ROUTES_MAX,
  LearnedRoutes,
} from "../../src/routing/learned-routes.ts";
import { tinyId } from "../base/tiny.ts";

const link = () => ({ ended: undefined as unknown });
const HERE = tinyId(1);

/** An id that differs from others in its first bytes, as keys do. */
function spreadId(number: number): NodeId {
  return toNodeId(tinyId(number).reverse());
}

describe("learned routes", () => {
  it("are kept for their life after they last worked", () => {
    const routes = new LearnedRoutes();
    const route = { link: link(), labels: [1, 2] };
    routes.learn(HERE, route, 0);
    expect(routes.get(HERE, LEARNED_ROUTE_LIFE)).toMatchObject(route);
    routes.learn(HERE, route, LEARNED_ROUTE_LIFE);
    expect(routes.get(HERE, 2 * LEARNED_ROUTE_LIFE)).toMatchObject(route);
    expect(routes.get(HERE, 2 * LEARNED_ROUTE_LIFE + 1)).toBeUndefined();
    expect(routes.size).toBe(0);
  });

  it("end with their first link", () => {
    const routes = new LearnedRoutes();
    const first = link();
    routes.learn(HERE, { link: first, labels: [1] }, 0);
    first.ended = { by: "peer" };
    expect(routes.get(HERE, 1)).toBeUndefined();
    expect(routes.size).toBe(0);
  });

  it("give way to shorter ones and to others as short", () => {
    const routes = new LearnedRoutes();
    const at = () => routes.get(HERE, 0)?.labels;
    routes.learn(HERE, { link: link(), labels: [1, 2] }, 0);
    routes.learn(HERE, { link: link(), labels: [1, 2, 3] }, 0);
    expect(at()).toEqual([1, 2]);
    routes.learn(HERE, { link: link(), labels: [3, 4] }, 0);
    expect(at()).toEqual([3, 4]);
    routes.learn(HERE, { link: link(), labels: [] }, 0);
    expect(at()).toEqual([]);
  });

  it("give way to longer ones when they are stale or forgotten", () => {
    const routes = new LearnedRoutes();
    routes.learn(HERE, { link: link(), labels: [1] }, 0);
    routes.learn(HERE, { link: link(), labels: [1, 2] }, LEARNED_ROUTE_LIFE + 1);
    expect(routes.get(HERE, LEARNED_ROUTE_LIFE + 1)?.labels).toEqual([1, 2]);
    routes.forget(HERE);
    expect(routes.get(HERE, LEARNED_ROUTE_LIFE + 1)).toBeUndefined();
  });

  it("are bounded; the one that proved good longest ago goes", () => {
    const routes = new LearnedRoutes();
    for (let number = 0; number < LEARNED_ROUTES_MAX; number++) {
      routes.learn(spreadId(number), { link: link(), labels: [] }, 0);
    }
    routes.learn(spreadId(0), { link: link(), labels: [] }, 0);
    routes.learn(spreadId(LEARNED_ROUTES_MAX), { link: link(), labels: [] }, 0);
    expect(routes.size).toBe(LEARNED_ROUTES_MAX);
    expect(routes.get(spreadId(0), 0)).toBeDefined();
    expect(routes.get(spreadId(1), 0)).toBeUndefined();
  });

  it("of two ids that begin alike are never mistaken for each other", () => {
    const routes = new LearnedRoutes();
    routes.learn(tinyId(1), { link: link(), labels: [1] }, 0);
    expect(routes.get(tinyId(2), 0)).toBeUndefined();
    routes.learn(tinyId(2), { link: link(), labels: [2] }, 0);
    expect(routes.get(tinyId(2), 0)?.labels).toEqual([2]);
    expect(routes.get(tinyId(1), 0)?.labels ?? [1]).toEqual([1]);
  });
});
