import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { PENDING_MAX } from "../../src/rpc/client.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import type { Stream } from "../../src/transport/transport.ts";
import { writeCast } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { writePing } from "../../src/wire/ping.ts";
import { encodeValue } from "../../src/wire/value.ts";
import { settled } from "../rpc/line.ts";
import { frameOf, RawPeer } from "./raw-peer.ts";

const MEBIBYTE: number = 1 << 20;

interface Scene {
  readonly world: World;
  readonly node: MeshNode;
  readonly peer: RawPeer;
  /** Lengths of the bodies the node has heard. */
  readonly heard: number[];
}

async function scene(): Promise<Scene> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const heard: number[] = [];
  await world.run(node.register("heard", (args: Uint8Array) => void heard.push(args.length)));
  return { world, node, peer: await RawPeer.link(world, 1, 0), heard };
}

const castOf = (length: number) =>
  frameOf(TYPE.cast, (writer) =>
    writeCast(writer, "heard", encodeValue(new Uint8Array(length)).slice()),
  );

const ping = frameOf(TYPE.ping, (writer) => writePing(writer, 1));

/** Lets four seconds pass, in which the peer shows that it is alive. */
async function pass(world: World, peer: RawPeer): Promise<void> {
  for (let second = 0; second < 4; second++) {
    await peer.sendControl(ping);
    await world.advance(950);
  }
}

const unsent = (streams: readonly Stream[]) =>
  streams.reduce((sum, stream) => sum + stream.buffered, 0);

describe("large frames that come in", () => {
  it("are held up to 32 MiB unfinished; then the oldest alone goes on, and the others after it", async () => {
    const { world, peer, heard } = await scene();
    const frame = castOf(12 * MEBIBYTE);
    const streams: Stream[] = [];
    const cut = frame.length - 10;
    for (let at = 0; at < 5; at++) streams.push(await peer.open(2, frame.subarray(0, cut)));
    await pass(world, peer);
    // Of 60 MiB the node took 32, and what its windows let in beside.
    expect(unsent(streams)).toBeGreaterThan(16 * MEBIBYTE);
    expect(streams[0]?.buffered).toBe(0);
    expect(heard).toEqual([]);
    for (let done = 1; done <= 5; done++) {
      for (const stream of streams.splice(0, 1)) {
        stream.write(frame.subarray(cut));
        stream.end();
      }
      await pass(world, peer);
      expect(heard).toEqual(new Array(done).fill(12 * MEBIBYTE));
      // Two unfinished ones have room: both go on.
      if (done >= 3) expect(unsent(streams)).toBe(0);
    }
    expect(peer.closed).toBeUndefined();
  });

  it("give their room back when they are given up", async () => {
    const { world, peer, heard } = await scene();
    const frame = castOf(12 * MEBIBYTE);
    for (let round = 0; round < 4; round++) {
      const streams: Stream[] = [];
      for (let at = 0; at < 4; at++) streams.push(await peer.open(2, frame.subarray(0, -10)));
      await pass(world, peer);
      for (const stream of streams) stream.reset(0);
      await pass(world, peer);
    }
    const streams: Stream[] = [];
    for (let at = 0; at < 2; at++) streams.push(await peer.open(2, frame.subarray(0, -10)));
    await pass(world, peer);
    expect(unsent(streams)).toBe(0);
    for (const stream of streams) stream.write(frame.subarray(-10));
    await pass(world, peer);
    expect(heard).toEqual([12 * MEBIBYTE, 12 * MEBIBYTE]);
    expect(peer.closed).toBeUndefined();
  });

  it("are one to a stream: what follows is not taken", async () => {
    const { world, peer, heard } = await scene();
    const frame = castOf(MEBIBYTE);
    const twice = new Uint8Array(frame.length * 2);
    twice.set(frame);
    twice.set(frame, frame.length);
    await peer.open(2, twice);
    await pass(world, peer);
    expect(heard).toEqual([MEBIBYTE]);
  });
});

describe("large frames that go out", () => {
  it("use eight streams at once, whatever waits", async () => {
    const { world, node, peer } = await scene();
    peer.pausesLarge = true;
    const options = { provider: toHex(peer.id) };
    for (let at = 0; at < 12; at++) {
      await world.run(node.cast("any", new Uint8Array(4 * MEBIBYTE), options));
    }
    await pass(world, peer);
    expect(peer.streamsTaken).toBe(8);
    const [link] = node.status().links;
    expect(link?.buffered).toBeGreaterThan(16 * MEBIBYTE);
    expect(link?.buffered).toBeLessThanOrEqual(64 * MEBIBYTE);
  });
});

describe("calls that nobody answers", () => {
  it("are 65,536 at most; each ends, and then there is room again", async () => {
    const { world, node, peer } = await scene();
    const options = { provider: toHex(peer.id), timeout: 60_000 };
    const calls = Array.from({ length: PENDING_MAX }, () =>
      settled(node.call("any", null, options)),
    );
    expect(node.status().bounds.callsPending?.used).toBe(PENDING_MAX);
    await expect(node.call("any", null, options)).rejects.toMatchObject({
      code: "overloaded",
      message: expect.stringContaining("65536"),
    });
    peer.closeAfter(100);
    const ends = new Set(await world.run(Promise.all(calls)));
    expect([...ends]).toEqual(["provider_gone"]);
    expect(node.status().bounds.callsPending?.used).toBe(0);
  });
});
