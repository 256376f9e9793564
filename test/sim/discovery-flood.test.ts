import { expect, it } from "vitest";
import { toNodeId } from "../../src/base/id.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { overlayGraph } from "../../src/sim/overlay-graph.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { RouteMesh } from "../../src/sim/route-mesh.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { writeRouteRequest } from "../../src/wire/route-control.ts";
import { frameOf, RawPeer } from "../peer/raw-peer.ts";

const GATEWAYS = 8;
/** Each gateway is linked to these, by how far on in the circle they stand. */
const STEPS = [1, 2, 3];
const CALLS_PER_SECOND = 200;
const REQUESTS_PER_SECOND = 2_000;
const SECONDS = 5;
const FLOODER = 100;

/** Gateways in a circle with chords, a provider at one side and a caller at the other. */
async function scene() {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const gateways: MeshNode[] = [];
  for (let number = 0; number < GATEWAYS; number++) {
    const before = STEPS.map((step) => number - step).filter((other) => other >= 0);
    const around = STEPS.map((step) => (number + step) % GATEWAYS).filter(
      (other) => other < number,
    );
    const bootstrap = [...new Set([...before, ...around])];
    gateways.push(await startSimNode(world, number, { mode: "gateway", listen: true, bootstrap }));
  }
  const provider = await startSimNode(world, 20, { mode: "edge", bootstrap: [4] });
  const caller = await startSimNode(world, 21, { mode: "edge", bootstrap: [0] });
  await world.run(Promise.all([...gateways, provider, caller].map((node) => node.ready())));
  await world.run(provider.register("echo", (value) => value));
  return { world, gateways, caller };
}

const framesSent = (node: MeshNode): number =>
  node.status().links.reduce((sum, link) => sum + link.framesSent, 0);

it("a flood of route requests costs the neighbour of who sends it less than its usual load again", async () => {
  const { world, gateways, caller } = await scene();
  const neighbour = gateways[0] as MeshNode;
  const random = new SeededRandom(1, 1);
  const flooder = await RawPeer.link(world, FLOODER, 0, { transit: true });
  const request = () =>
    frameOf(TYPE.routeRequest, (writer) =>
      writeRouteRequest(writer, {
        requestId: random.bytes(16),
        source: flooder.id,
        target: random.bytes(32) as typeof flooder.id,
        hopsLeft: 12,
        labels: [],
      }),
    );

  /** Frames that it sends in these seconds, for calls and for whatever else `meanwhile` brings about. */
  const load = async (meanwhile: () => void): Promise<number> => {
    const before = framesSent(neighbour);
    const calls: Promise<unknown>[] = [];
    for (let turn = 0; turn < SECONDS * 20; turn++) {
      for (let at = 0; at < CALLS_PER_SECOND / 20; at++) calls.push(caller.call("echo", turn));
      meanwhile();
      await world.advance(50);
    }
    await world.run(Promise.all(calls));
    return framesSent(neighbour) - before;
  };

  const calm = await load(() => flooder.queueControl(request()));
  const flooded = await load(() => {
    for (let at = 0; at < REQUESTS_PER_SECOND / 20; at++) flooder.queueControl(request());
  });
  expect(neighbour.status().counters.route_requests_dropped).toBeGreaterThan(8_000);
  expect(flooded).toBeLessThan(2 * calm);
});

it("a search in a mesh of many links asks some of the nodes and not all, whoever begins it", async () => {
  const size = 6_000;
  const ids = Array.from({ length: size }, (_, number) =>
    toNodeId(new SeededRandom(1, number * 2 + 2).bytes(32)),
  );
  const graph = overlayGraph(ids, size / 5, "nearest", new SeededRandom(1, 0x0e));
  const { isGateway, anchors } = graph;
  const mesh = new RouteMesh({ seed: 1, graph, isTransit: isGateway, anchors });
  mesh.kill(size - 1);
  await mesh.run(mesh.call(size - 2, size - 1, "x", 10_000, 10));
  expect(mesh.counts.get("route_searches")).toBeGreaterThan(0);
  expect(mesh.sent.requests / (mesh.counts.get("route_searches") ?? 0)).toBeLessThan(12_000);
});
