import { describe, expect, it } from "vitest";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { RawPeer, routeFrame } from "../peer/raw-peer.ts";
import { viewOf } from "../seal/far-end.ts";
import { settled } from "./line.ts";

/** A provider behind a gateway that passes on 20 kB a second for each neighbour, and two callers. */
async function scene() {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const forwarding = { perNeighbour: 20_000 };
  const gateway = await startSimNode(world, 0, { mode: "gateway", listen: true, forwarding });
  const edge = (number: number) => startSimNode(world, number, { mode: "edge", bootstrap: [0] });
  const [provider, greedy, modest] = [await edge(1), await edge(2), await edge(3)];
  await world.run(Promise.all([provider, greedy, modest].map((node) => node.ready())));
  await world.run(provider.register("length", (text) => String(text).length));
  return { world, gateway, greedy, modest };
}

describe("a gateway with a quota for what it passes on", () => {
  it("tells a neighbour that takes more that it is overloaded, and serves the others", async () => {
    const { world, gateway, greedy, modest } = await scene();
    const call = (text: string) => settled(greedy.call("length", text, { timeout: 2_000 }));
    const large = "x".repeat(10_000);
    const results = await world.run(Promise.all(Array.from({ length: 20 }, () => call(large))));
    const answered = results.filter((result) => result === 10_000);
    expect(answered.length).toBeGreaterThanOrEqual(2);
    expect(answered.length).toBeLessThan(10);
    expect(results.filter((result) => result === "overloaded").length).toBeGreaterThan(10);
    expect(await world.run(modest.call("length", "four"))).toBe(4);
    expect(gateway.status().counters.frames_over_quota).toBeGreaterThan(10);
    await world.advance(10_000);
    expect(await world.run(call("again"))).toBe(5);
  });

  it("passes answers in any case: their work is done", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const forwarding = { perNeighbour: 1_000 };
    await startSimNode(world, 0, { mode: "gateway", listen: true, forwarding });
    const [left, right] = [await RawPeer.link(world, 1, 0), await RawPeer.link(world, 2, 0)];
    right.received.length = 0;
    for (const payloadType of [TYPE.call, TYPE.call, TYPE.reply]) {
      const header = { source: left.id, destination: right.id, payloadType };
      await left.sendData(routeFrame(header, new Uint8Array(5_000)));
    }
    const passed = right.received.map(({ frame }) => viewOf(frame).payloadType);
    expect(passed).toEqual([TYPE.call, TYPE.reply]);
  });
});
