import { describe, expect, it } from "vitest";
import { codeFromWire } from "../../src/base/errors.ts";
import { realmId } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeCall } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { type Hello, writeHello } from "../../src/wire/hello.ts";
import { writePing } from "../../src/wire/ping.ts";
import { frameOf, RawPeer } from "./raw-peer.ts";

interface Scene {
  readonly world: World;
  readonly node: MeshNode;
}

async function scene(): Promise<Scene> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  return { world, node: await startSimNode(world, 0, { mode: "gateway", listen: true }) };
}

const ping = frameOf(TYPE.ping, (writer) => writePing(writer, 7));
const connect = (hello: Hello) => frameOf(TYPE.connect, (writer) => writeHello(writer, hello));
const code = (peer: RawPeer) => peer.closed && codeFromWire(peer.closed.code);
const links = ({ node }: Scene) => node.status().links.map((link) => link.node);

describe("an arrival", () => {
  it("that says who it is becomes a link and is answered", async () => {
    const here = await scene();
    const peer = await RawPeer.link(here.world, 1, 0);
    expect(peer.types).toEqual([TYPE.connectAck]);
    expect(links(here)).toHaveLength(1);
    await peer.sendControl(ping);
    expect(peer.types).toEqual([TYPE.connectAck, TYPE.pong]);
    expect(peer.closed).toBeUndefined();
  });

  it("is no link before both shared streams are there", async () => {
    const here = await scene();
    const peer = await RawPeer.dial(here.world, 1, 0);
    await peer.open(0);
    expect([peer.types, links(here)]).toEqual([[], []]);
    await peer.open(1);
    await peer.sendControl(connect(peer.hello()));
    expect(links(here)).toHaveLength(1);
  });

  it("that says nothing is sent away after five seconds", async () => {
    const here = await scene();
    const silent = await RawPeer.dial(here.world, 1, 0);
    const halfway = await RawPeer.dial(here.world, 2, 0);
    await halfway.openShared();
    await here.world.advance(4_000);
    expect([silent.closed, halfway.closed]).toEqual([undefined, undefined]);
    await here.world.advance(1_500);
    expect([code(silent), code(halfway)]).toEqual(["timeout", "timeout"]);
    expect(links(here)).toEqual([]);
  });

  it.each<[string, Partial<Hello>, string]>([
    ["of another realm", { realm: realmId("org.other") }, "realm_mismatch"],
    ["of another version", { versions: [3] }, "unsupported_version"],
    ["with a broken contact", { contact: new Uint8Array(100) }, "bad_record"],
  ])("%s is refused and told why", async (_, changed, expected) => {
    const here = await scene();
    const peer = await RawPeer.dial(here.world, 1, 0);
    await peer.openShared();
    await peer.sendControl(connect(peer.hello(changed)));
    expect(code(peer)).toBe(expected);
    expect(peer.closed?.reason).not.toBe("");
    expect(links(here)).toEqual([]);
    expect(here.node.status().counters.handshakes_refused).toBe(1);
  });

  it("that presents the contact of another node is refused", async () => {
    const here = await scene();
    const other = await RawPeer.dial(here.world, 2, 0);
    const peer = await RawPeer.dial(here.world, 1, 0);
    await peer.openShared();
    await peer.sendControl(connect(other.hello()));
    expect(code(peer)).toBe("id_mismatch");
  });

  it.each([
    ["a ping", () => ping],
    [
      "connect_ack",
      (peer: RawPeer) => frameOf(TYPE.connectAck, (it) => writeHello(it, peer.hello())),
    ],
    ["a malformed connect", () => frameOf(TYPE.connect, (writer) => writer.array(6))],
    ["connect twice", (peer: RawPeer) => joined(connect(peer.hello()), connect(peer.hello()))],
  ])("that begins with %s is closed with bad_frame", async (_, begin) => {
    const here = await scene();
    const peer = await RawPeer.dial(here.world, 1, 0);
    await peer.openShared();
    await peer.sendControl(begin(peer));
    expect(code(peer)).toBe("bad_frame");
  });

  it.each([
    ["version 1", Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 1, 0x80), "unsupported_version"],
    ["an unknown type", Uint8Array.of(2, 0x99, 0, 0, 0, 0, 0, 0), "unknown_type"],
    ["a length of 2^32 − 1", Uint8Array.of(2, 1, 0, 0, 255, 255, 255, 255), "too_large"],
  ])("that begins with a frame of %s is closed with its code", async (_, bytes, expected) => {
    const here = await scene();
    const peer = await RawPeer.dial(here.world, 1, 0);
    await peer.openShared();
    await peer.sendControl(bytes);
    expect(code(peer)).toBe(expected);
  });

  it("beyond 256 that have not said who they are is sent away", async () => {
    const here = await scene();
    const peers: RawPeer[] = [];
    for (let number = 1; number <= 257; number++) {
      peers.push(await RawPeer.dial(here.world, number, 0));
      if (here.world.clock.now() > 4_000)
        throw new Error("the first ones time out before the last");
    }
    await here.world.advance(10);
    expect(peers.filter((peer) => code(peer) === "overloaded")).toHaveLength(1);
  });
});

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Uint8Array.from([...a, ...b]);
}

describe("a node that has dialled", () => {
  const ack = (peer: RawPeer) =>
    frameOf(TYPE.connectAck, (writer) => writeHello(writer, peer.hello({}, { serves: true })));
  const call = frameOf(TYPE.call, (writer) =>
    writeCall(writer, new Uint8Array(16).fill(1), "nothing", 1_000, Uint8Array.of(0xc0)),
  );

  async function dialled(): Promise<Scene & { readonly peer: RawPeer }> {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const node = await startSimNode(world, 0, { mode: "edge", bootstrap: [1] });
    return { world, node, peer: await RawPeer.accept(world, 1) };
  }

  it("says who it is and is linked once the other one has too", async () => {
    const { world, node, peer } = await dialled();
    expect(peer.types).toEqual([TYPE.connect]);
    expect(node.status().links).toEqual([]);
    await peer.sendControl(ack(peer));
    await world.run(node.ready());
    expect(node.status().links).toHaveLength(1);
  });

  it("keeps what overtakes the other's word, and answers it then", async () => {
    const { node, peer } = await dialled();
    await peer.sendData(call);
    expect([peer.types, peer.closed]).toEqual([[TYPE.connect], undefined]);
    await peer.sendControl(ack(peer));
    expect(peer.types).toEqual([TYPE.connect, TYPE.reply]);
    expect(node.status().links).toHaveLength(1);
  });

  it("keeps no more of that than four megabytes", async () => {
    const { world, peer } = await dialled();
    const large = frameOf(TYPE.call, (writer) => writer.raw(new Uint8Array(60_000)));
    for (let at = 0; at < 80; at++) peer.queueData(large);
    await world.advance(1_000);
    expect(code(peer)).toBe("bad_frame");
  });

  it("takes no second word of who the other one is", async () => {
    const { peer } = await dialled();
    await peer.sendControl(joined(ack(peer), ack(peer)));
    expect(code(peer)).toBe("bad_frame");
  });
});

describe("streams of a link", () => {
  it.each([0, 1, 3, 255])("a further stream of kind %i closes it", async (kind) => {
    const here = await scene();
    const peer = await RawPeer.link(here.world, 1, 0);
    await peer.open(kind);
    expect(code(peer)).toBe("bad_frame");
    expect(links(here)).toEqual([]);
  });

  it.each([0, 1])("the reset of shared stream %i closes it", async (kind) => {
    const here = await scene();
    const peer = await RawPeer.link(here.world, 1, 0);
    await peer.reset(kind);
    expect(code(peer)).toBe("bad_frame");
  });

  it("a large frame that is malformed closes it", async () => {
    const here = await scene();
    const peer = await RawPeer.link(here.world, 1, 0);
    await peer.open(2, Uint8Array.of(2, 0x99, 0, 0, 0, 0, 0, 0));
    expect(code(peer)).toBe("unknown_type");
  });

  it("a large frame that stays unfinished holds nobody up and is forgotten with its stream", async () => {
    const here = await scene();
    const peer = await RawPeer.link(here.world, 1, 0);
    const half = new Uint8Array(100_000);
    half.set(frameOf(TYPE.call, (writer) => writer.raw(new Uint8Array(200_000))).subarray(0, 8));
    const stream = await peer.open(2, half);
    await peer.sendControl(ping);
    stream.reset(0);
    await peer.sendControl(ping);
    expect(peer.types).toEqual([TYPE.connectAck, TYPE.pong, TYPE.pong]);
    expect(peer.closed).toBeUndefined();
  });

  it("unfinished large frames beyond 32 MiB wait, and go on when there is room", async () => {
    const here = await scene();
    const peer = await RawPeer.link(here.world, 1, 0);
    const announced = frameOf(TYPE.cast, (writer) => writer.raw(new Uint8Array(16 << 20)));
    const streams = [];
    for (let at = 0; at < 4; at++) {
      streams.push(await peer.open(2, announced.subarray(0, 12 << 20)));
      await here.world.advance(2_000);
      await peer.sendControl(ping);
    }
    expect(peer.closed).toBeUndefined();
    for (const stream of streams) stream.reset(0);
    await here.world.advance(2_000);
    await peer.sendControl(ping);
    expect(peer.closed).toBeUndefined();
    expect(peer.types.filter((type) => type === TYPE.pong)).toHaveLength(5);
  });

  it("frames of a type nobody takes close it", async () => {
    const here = await scene();
    const peer = await RawPeer.link(here.world, 1, 0);
    await peer.sendControl(connect(peer.hello()));
    expect(code(peer)).toBe("bad_frame");
  });
});
