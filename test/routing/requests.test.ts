import { describe, expect, it } from "vitest";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { writeRouteRequest } from "../../src/wire/route-control.ts";
import { signerOf } from "../peer/nodes.ts";
import { frameOf, RawPeer } from "../peer/raw-peer.ts";
import { settled } from "../rpc/line.ts";
import { composeIn } from "../sim/composed.ts";

/** A gateway 0 with the peers 1, 2 and 3 linked to it, which pass frames on where `transit` says so. */
async function scene(transit: boolean) {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const peers: RawPeer[] = [];
  for (const number of [1, 2, 3]) peers.push(await RawPeer.link(world, number, 0, { transit }));
  return { world, node, peers };
}

const requestsTo = (peer: RawPeer) =>
  peer.types.filter((type) => type === TYPE.routeRequest).length;

describe("a route request", () => {
  it("of a node further away goes on to the others, and never back to where it came from", async () => {
    const { peers } = await scene(true);
    const request = frameOf(TYPE.routeRequest, (writer) =>
      writeRouteRequest(writer, {
        requestId: new Uint8Array(16).fill(1),
        source: signerOf(50).id,
        target: signerOf(51).id,
        hopsLeft: 5,
        labels: [7],
      }),
    );
    await peers[0]!.sendControl(request);
    expect(peers.map(requestsTo)).toEqual([0, 1, 1]);
    await peers[1]!.sendControl(request);
    expect(peers.map(requestsTo)).toEqual([0, 1, 1]);
  });
});

describe("searches", () => {
  it("that found nothing are followed by a pause, unless a link has come since", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const { discoverer } = await composeIn(world, 0, { mode: "edge" });
    const peer = await RawPeer.link(world, 1, 0);
    const search = (timeLeft: number) => settled(discoverer.discover(signerOf(51).id, 3, timeLeft));
    // The second pause, of half a second, outlasts the handshake with another peer.
    for (let time = 0; time < 2; time++) await world.run(search(5_000));
    const asked = requestsTo(peer);
    expect(await world.run(search(10))).toBe("no_route");
    expect(requestsTo(peer)).toBe(asked);
    const other = await RawPeer.link(world, 2, 0);
    void search(10);
    await other.settle();
    expect(requestsTo(other)).toBe(1);
  });

  it("are 256 at once at most; one more is refused, and later there is room again", async () => {
    const { world, node } = await scene(false);
    const call = (at: number) => {
      const provider = at.toString(16).padStart(64, "0");
      return settled(node.call("any", null, { provider, timeout: 5_000 }));
    };
    const calls = Array.from({ length: 300 }, (_, at) => call(at));
    await world.advance(10);
    expect(node.status().bounds.routeSearches).toEqual({ used: 256, max: 256 });
    const ends = await world.run(Promise.all(calls));
    expect(ends.filter((code) => code === "overloaded")).toHaveLength(44);
    expect(ends.filter((code) => code === "no_route")).toHaveLength(256);
    expect(node.status().bounds.routeSearches?.used).toBe(0);
    expect(await world.run(call(1_000))).toBe("no_route");
  });
});
