import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { codeFromWire } from "../../src/base/errors.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeCast } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { writeHello } from "../../src/wire/hello.ts";
import { writePing } from "../../src/wire/ping.ts";
import { encodeValue } from "../../src/wire/value.ts";
import { frameOf, RawPeer } from "./raw-peer.ts";

interface Scene {
  readonly world: World;
  readonly node: MeshNode;
  /** What the node has casts for, in the order they came. */
  readonly heard: unknown[];
  /** The node's dials, as the peer sees them. */
  readonly dials: RawPeer[];
}

/** Node 0, which dials a peer that a test plays. */
async function scene(): Promise<Scene> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const dials = await RawPeer.listen(world, 1);
  const node = await startSimNode(world, 0, { mode: "hybrid", listen: true, bootstrap: [1] });
  const heard: unknown[] = [];
  await world.run(node.register("heard", (args) => void heard.push(args)));
  await world.advance(20);
  return { world, node, heard, dials };
}

const ack = (peer: RawPeer) =>
  frameOf(TYPE.connectAck, (writer) => writeHello(writer, peer.hello()));
const cast = (args: unknown) =>
  frameOf(TYPE.cast, (writer) => writeCast(writer, "heard", encodeValue(args)));
const ping = frameOf(TYPE.ping, (writer) => writePing(writer, 1));
const code = (peer: RawPeer) => peer.closed && codeFromWire(peer.closed.code);

describe("a peer that was dialled", () => {
  it("becomes a link with its answer", async () => {
    const { world, node, dials } = await scene();
    const peer = dials[0]!;
    expect(peer.types).toEqual([TYPE.connect]);
    expect(node.status().ready).toBe(false);
    await peer.sendControl(ack(peer));
    await world.run(node.ready());
    expect(node.status().links).toMatchObject([{ direction: "dialled", transit: true }]);
  });

  it("may send before its answer is there: that waits, in its order", async () => {
    const { world, node, heard, dials } = await scene();
    const peer = dials[0]!;
    for (let at = 0; at < 3; at++) await peer.sendData(cast(at));
    expect(heard).toEqual([]);
    peer.queueControl(ack(peer));
    await peer.sendData(cast(3));
    await peer.sendData(cast(4));
    expect(heard).toEqual([0, 1, 2, 3, 4]);
    await world.run(node.ready());
  });

  it("may send no more than 4 MiB before its answer", async () => {
    const { world, heard, dials } = await scene();
    const peer = dials[0]!;
    const large = new Uint8Array(60_000);
    for (let at = 0; at < 69; at++) await peer.sendData(cast(large));
    expect(peer.closed).toBeUndefined();
    await peer.sendData(cast(large));
    await world.advance(10);
    expect([code(peer), heard]).toEqual(["bad_frame", []]);
  });

  it("is closed where it sends something malformed before its answer, once that is there", async () => {
    const { dials } = await scene();
    const peer = dials[0]!;
    await peer.sendData(frameOf(TYPE.cast, (writer) => writer.array(7)));
    expect(peer.closed).toBeUndefined();
    await peer.sendControl(ack(peer));
    expect(code(peer)).toBe("bad_frame");
  });

  it.each([
    ["answers twice", (peer: RawPeer) => [ack(peer), ack(peer)]],
    [
      "says connect",
      (peer: RawPeer) => [frameOf(TYPE.connect, (it) => writeHello(it, peer.hello())), ack(peer)],
    ],
    ["answers with a malformed hello", () => [frameOf(TYPE.connectAck, (it) => it.array(6))]],
  ])("is closed with bad_frame where it %s", async (_, frames) => {
    const { dials } = await scene();
    const peer = dials[0]!;
    for (const frame of frames(peer)) await peer.sendControl(frame);
    expect(code(peer)).toBe("bad_frame");
  });

  it("that does not answer is given up after five seconds and dialled again", async () => {
    const { world, dials } = await scene();
    await dials[0]!.sendControl(ping);
    await world.advance(4_800);
    expect(dials).toHaveLength(1);
    await world.advance(1_000);
    expect(code(dials[0]!)).toBe("timeout");
    expect(dials).toHaveLength(2);
  });

  it("that ends its links at once is dialled ever more slowly", async () => {
    const { world, node, dials } = await scene();
    let answered = 0;
    const started = world.clock.now();
    while (world.clock.now() - started < 20_000) {
      for (; answered < dials.length; answered++) {
        const peer = dials[answered]!;
        await world.advance(5);
        peer.closeAfter(10);
        await peer.sendControl(ack(peer));
      }
      await world.advance(10);
    }
    expect(answered).toBeGreaterThan(8);
    expect(answered).toBeLessThan(25);
    expect(node.status().bootstrap[0]?.lastError).toContain("link_lost");
  });
});

describe("a peer that is never there", () => {
  it("is dialled on and on, and nothing piles up", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "edge", bootstrap: [1, 2] });
    const { signal } = new AbortController();
    const failed = node.ready({ signal, timeout: 600_000 }).catch((cause) => cause.code);
    await world.advance(60_000);
    const pending = world.clock.pending;
    await world.advance(530_000);
    expect(node.status().bootstrap[0]?.failures).toBeGreaterThan(100);
    expect(world.clock.pending).toBeLessThanOrEqual(pending + 2);
    expect(await world.run(failed)).toBe("timeout");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
