import { describe, expect, it, vi } from "vitest";
import { idText } from "../../src/base/id.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { RawPeer } from "../peer/raw-peer.ts";
import { viewOf } from "../seal/far-end.ts";
import { composeIn } from "../sim/composed.ts";
import { hostileHop, replyTo } from "./hostile-hop.ts";
import { settled } from "./line.ts";

/** A gateway with eight neighbours that take what they are given, and do nothing with it. */
async function silentHops() {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const hops: RawPeer[] = [];
  for (let number = 1; number <= 8; number++) hops.push(await RawPeer.link(world, number, 0));
  const call = (provider: string, args: unknown) =>
    settled(node.call("x", args, { provider, timeout: 3_000 }));
  return { world, hops, call };
}

/** Calls that a hop was given to pass on. */
const toPassOn = ({ received }: RawPeer): number =>
  received.filter(({ type, frame }) => {
    return type === TYPE.rpcRoute && viewOf(frame).payloadType === TYPE.call;
  }).length;

const NOBODY = "ab".repeat(32);

describe("a call that nobody answers", () => {
  it("is sent again as one copy, then two, then four, each over another first link", async () => {
    const { world, hops, call } = await silentHops();
    const ending = call(NOBODY, 1);
    const sent: number[] = [];
    for (const pause of [700, 700, 1_100]) {
      await world.advance(pause);
      sent.push(hops.map(toPassOn).reduce((sum, count) => sum + count));
    }
    expect(sent).toEqual([1, 2, 4]);
    expect(Math.max(...hops.map(toPassOn))).toBe(1);
    expect(await world.run(ending)).toBe("timeout");
  });

  it("is sent again as sixteen copies at most, and less and less often", async () => {
    const world = new World({ seed: 1 });
    const { courier, client } = await composeIn(world, 0, { mode: "edge" });
    vi.spyOn(courier, "send").mockImplementation((parcel) => {
      parcel.attempts = 1;
    });
    const again = vi.spyOn(courier, "again").mockReturnValue();
    const ending = settled(client.call("x", 1, { provider: NOBODY, timeout: 20_000 }));
    expect(await world.run(ending)).toBe("timeout");
    expect(again.mock.calls.map(([, copies]) => copies)).toEqual([1, 2, 4, 8, 16, 16, 16]);
  });

  it("is not sent again where it is large: it may just take long", async () => {
    const { world, hops, call } = await silentHops();
    const ending = call(NOBODY, new Uint8Array(64 << 10));
    expect(await world.run(ending)).toBe("timeout");
    expect(hops.map(toPassOn).filter((count) => count > 0)).toEqual([1]);
  });

  it("is sent once over a link to its provider that has come since: that carries it or ends", async () => {
    const { world, call } = await silentHops();
    const ending = call(idText(world.signer(9).id), 1);
    const provider = await RawPeer.link(world, 9, 0);
    expect(await world.run(ending)).toBe("timeout");
    expect(provider.types.filter((type) => type === TYPE.call)).toHaveLength(1);
  });

  it("waits while its provider may be at work, though no way is left to it", async () => {
    const { world, node, hop, provider, call, last } = await hostileHop();
    const ending = call();
    await hop.settle();
    await hop.sendData(provider.boxKeyFrame(last()));
    const sent = last();
    await world.advance(3_000);
    expect(node.status().counters.route_searches).toBeGreaterThan(0);
    await hop.sendData(replyTo(provider, sent, 7));
    expect(await world.run(ending)).toBe(7);
  });
});
