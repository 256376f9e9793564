import { describe, expect, it } from "vitest";
import type { NodeId } from "../../src/base/id.ts";
import { reachOf, ringsFor, SEEN_REQUESTS_MAX, SeenRequests } from "../../src/routing/discovery.ts";
import type { RouteRequest } from "../../src/wire/route-control.ts";
import fc from "../base/property.ts";
import { farId, tinyId } from "../base/tiny.ts";
import { Flood, graphOf, shortestWay } from "./flood.ts";

const SOURCE = farId(1);
const TARGET = farId(2);

function request(changed: Partial<RouteRequest> = {}, number = 0): RouteRequest {
  const requestId = tinyId(number).subarray(16);
  return { requestId, source: SOURCE, target: TARGET, hopsLeft: 4, labels: [], ...changed };
}

/** A request of a ring of that width, so many hops into it. */
function inRing(width: number, passed: number): RouteRequest {
  return request({ hopsLeft: width - passed, labels: Array(passed).fill(1) });
}

const hop = (transit = true) => new SeenRequests({ self: farId(3), transit });

describe("a node that is asked for another", () => {
  it("passes the request on with one hop less and its label of the incoming link", () => {
    expect(hop().judge(request({ labels: [5] }), 7)).toEqual({
      kind: "spread",
      request: request({ hopsLeft: 3, labels: [5, 7] }),
    });
  });

  it("passes it on again only with more hops left than before", () => {
    const seen = hop();
    const kinds = [3, 3, 2, 4, 3, 4, 5].map(
      (hopsLeft) => seen.judge(request({ hopsLeft }), 1).kind,
    );
    expect(kinds).toEqual(["spread", "ignore", "ignore", "spread", "ignore", "ignore", "spread"]);
  });

  it("tells requests apart by their id", () => {
    const seen = hop();
    expect(seen.judge(request({}, 1), 1).kind).toBe("spread");
    expect(seen.judge(request({}, 2), 1).kind).toBe("spread");
  });

  it("passes on the last hop and ignores a request without one", () => {
    expect(hop().judge(request({ hopsLeft: 1 }), 1)).toMatchObject({ request: { hopsLeft: 0 } });
    expect(hop().judge(request({ hopsLeft: 0 }), 1).kind).toBe("ignore");
  });

  it("ignores it where it carries no transit, and where it asked itself", () => {
    expect(hop(false).judge(request(), 1).kind).toBe("ignore");
    expect(new SeenRequests({ self: SOURCE, transit: true }).judge(request(), 1).kind).toBe(
      "ignore",
    );
  });

  it("remembers a bounded number of requests", () => {
    const seen = hop();
    for (let number = 0; number < SEEN_REQUESTS_MAX + 100; number++) {
      seen.judge(request({}, number), 1);
    }
    expect(seen.size).toBe(SEEN_REQUESTS_MAX);
  });
});

describe("the target of a request", () => {
  it("answers, without transit and without a hop left too", () => {
    const target = new SeenRequests({ self: TARGET, transit: false });
    expect(target.judge(request({ hopsLeft: 0 }), 1)).toEqual({ kind: "answer" });
  });

  it("answers again only for a shorter way", () => {
    const target = new SeenRequests({ self: TARGET, transit: true });
    const kinds = [3, 3, 4, 2, 3, 0].map((passed) => target.judge(inRing(4, passed), 1).kind);
    expect(kinds).toEqual(["answer", "ignore", "ignore", "answer", "ignore", "answer"]);
  });

  it("answers a wider ring anew, for the answer to the one before may be lost", () => {
    const target = new SeenRequests({ self: TARGET, transit: true });
    const asked = [inRing(4, 2), inRing(8, 3), inRing(8, 3), inRing(4, 1)];
    const kinds = asked.map((it) => target.judge(it, 1).kind);
    expect(kinds).toEqual(["answer", "answer", "ignore", "ignore"]);
  });
});

/*
 * A flood over real judges must reach the target whenever a way over few enough forwarders exists, in whatever
 * order links deliver: a fast long way must not hide a slow short one.
 */
describe("a search", () => {
  const mesh = fc.record({
    size: fc.integer({ min: 2, max: 7 }),
    edges: fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 16 }),
    hops: fc.integer({ min: 0, max: 5 }),
    order: fc.array(fc.nat(1_000), { minLength: 50, maxLength: 50 }),
  });

  it("reaches the target exactly when a way over few enough forwarders exists", () => {
    fc.assert(
      fc.property(mesh, ({ size, edges, hops, order }) => {
        const linked = graphOf(size, edges);
        const ids = linked.map((_, node) => farId(node + 10));
        const [source, target] = [ids[0] as NodeId, ids[size - 1] as NodeId];
        const flood = new Flood(linked, ids, request({ source, target, hopsLeft: hops }));
        let step = 0;
        flood.run((count) => (order[step++ % order.length] as number) % count);
        const forwarders = shortestWay(linked) - 1;
        expect(flood.reached).toBe(forwarders <= hops ? forwarders : Number.POSITIVE_INFINITY);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the rings of a search", () => {
  it.each([
    [10, 10, [4, 8, 10]],
    [3, 10, [3, 10]],
    [16, 16, [4, 8, 16]],
    [6, 10, [4, 6, 10]],
    [0, 10, [10]],
  ])("for %i hops of %i are %j", (maxHops, furthest, rings) => {
    expect(ringsFor(maxHops, furthest)).toEqual(rings);
  });

  it("are no wider than 8 in a mesh of more than 5,000 nodes, which is never asked as a whole", () => {
    expect(ringsFor(10, 10, 5_000)).toEqual([4, 8, 10]);
    expect(ringsFor(10, 10, 5_001)).toEqual([4, 8]);
    expect(ringsFor(16, 16, 100_000)).toEqual([4, 8]);
    expect(ringsFor(3, 10, 100_000)).toEqual([3, 8]);
  });
});

it("a request has the fewer hops left the more neighbours a node of a large mesh gives it to", () => {
  const reach = [1, 2, 4, 10, 50, 99, 200, 20_000].map((count) => reachOf(count, 5_001));
  expect(reach).toEqual([Number.POSITIVE_INFINITY, 13, 6, 4, 2, 2, 1, 1]);
  expect(reachOf(50, 5_000)).toBe(Number.POSITIVE_INFINITY);
});
