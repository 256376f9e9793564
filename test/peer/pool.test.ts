import { describe, expect, it } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import { MeshError } from "../../src/base/errors.ts";
import { compareIds } from "../../src/base/id.ts";
import { signerFromSeed } from "../../src/identity/keys.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { LinkTable } from "../../src/peer/link-table.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import type { World } from "../../src/sim/world.ts";
import { writeCall } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { code, member, newWorld } from "./member.ts";
import { frameOf, RawPeer } from "./raw-peer.ts";

describe("two nodes", () => {
  it.each([1, 2, 3, 4])("that dial each other at once keep one link (seed %i)", async (seed) => {
    const world = newWorld(seed);
    const [a, b] = [await member(world, 0), await member(world, 1)];
    const links = await world.run(Promise.all([a.dial(1), b.dial(0)]));
    await world.advance(5_000);
    expect([a.table.size, b.table.size]).toEqual([1, 1]);
    const [kept] = [...a.table];
    const lower = compareIds(a.id, b.id) < 0;
    expect(kept?.dialled).toBe(lower);
    expect(links.every((link) => link.ended === undefined || link.ended.code !== 0)).toBe(true);
    kept?.ping();
    await world.advance(100);
    expect(kept?.liveness.roundTrip).toBe(10);
  });

  it("that are linked dial no second time", async () => {
    const world = newWorld();
    const [a, b] = [await member(world, 0), await member(world, 1)];
    const link = await world.run(a.dial(1, b.id));
    const sent = a.transport.stats().datagramsSent;
    expect(await world.run(a.dial(1, b.id))).toBe(link);
    expect(a.transport.stats().datagramsSent).toBe(sent);
    expect(await world.run(a.dial(1))).toBe(link);
    await world.advance(1_000);
    expect([a.table.size, b.table.size, link.ended]).toEqual([1, 1, undefined]);
  });

  it("are told when another node answers than the one expected", async () => {
    const world = newWorld();
    const [a] = [await member(world, 0), await member(world, 1)];
    const stranger = signerFromSeed(world.keySeed(9)).id;
    expect(await code(world, a.dial(1, stranger))).toBe("id_mismatch");
    expect(a.table.size).toBe(0);
  });

  it("give up an idle link that nobody pinned, on the side that dialled it", async () => {
    const world = newWorld();
    const [a, b] = [await member(world, 0, { idleClose: 10_000 }), await member(world, 1)];
    await world.run(a.dial(1));
    await world.advance(9_000);
    expect(a.table.size).toBe(1);
    await world.advance(3_000);
    expect([a.table.size, b.lost]).toEqual([0, ["unneeded"]]);
  });

  it("leave it to who dialled: the other one may need it", async () => {
    const world = newWorld();
    const [a, b] = [await member(world, 0, { idleClose: 10_000 }), await member(world, 1)];
    await world.run(b.dial(0));
    await world.advance(60_000);
    expect([a.table.size, b.table.size]).toEqual([1, 1]);
  });

  it("keep an idle link that is pinned", async () => {
    const world = newWorld();
    const [a] = [await member(world, 0, { idleClose: 10_000 }), await member(world, 1)];
    const link = await world.run(a.dial(1));
    link.pinned = true;
    await world.advance(60_000);
    expect(a.table.size).toBe(1);
  });

  it("suspect a silent anchor within two seconds, and give it up within three", async () => {
    const world = newWorld();
    const [a] = [await member(world, 0), await member(world, 1)];
    (await world.run(a.dial(1))).pinned = true;
    world.crash(1);
    await world.advance(2_000);
    expect([a.suspected.size, a.lost]).toEqual([1, []]);
    await world.advance(1_000);
    expect(a.lost).toEqual(["timeout"]);
  });

  it("are asked for a sign of life at once after this node was away", async () => {
    const world = newWorld();
    const [a] = [await member(world, 0), await member(world, 1)];
    await world.run(a.dial(1));
    world.crash(1);
    a.pool.askAll();
    await world.advance(2_750);
    expect(a.lost).toEqual(["timeout"]);
  });

  it("notice within five seconds that the other one is silent", async () => {
    const world = newWorld();
    const [a] = [await member(world, 0), await member(world, 1)];
    await world.run(a.dial(1));
    world.crash(1);
    await world.advance(5_000);
    expect([a.table.size, a.lost]).toEqual([0, ["timeout"]]);
  });
});

describe("a pool that is full", () => {
  it("has a place for the next life of a peer: that of the one before", async () => {
    const world = newWorld();
    const a = await member(world, 0, { linksMax: 2 });
    const [, other] = [await member(world, 1), await member(world, 2)];
    const [first, second] = [await world.run(a.dial(1)), await world.run(a.dial(2))];
    world.crash(1);
    const again = await member(world, 3, {}, 1);
    await world.run(again.dial(0));
    await world.advance(100);
    expect([first.ended?.by, second.ended, other.lost]).toEqual(["local", undefined, []]);
    expect(a.table.size).toBe(2);
  });

  it.each([1, 2, 3, 4])(
    "needs none for a link that takes another's place (seed %i)",
    async (seed) => {
      const world = newWorld(seed);
      const a = await member(world, 0, { linksMax: 2 });
      const [b] = [await member(world, 1), await member(world, 2)];
      const idle = await world.run(a.dial(2));
      await world.advance(100);
      await world.run(Promise.all([a.dial(1), b.dial(0)]));
      await world.advance(1_000);
      expect([idle.ended, a.table.size]).toEqual([undefined, 2]);
    },
  );

  it("has room again for who says who he is, once another has said it", async () => {
    const world = newWorld();
    const a = await member(world, 0, { greetingsMax: 1 });
    for (const number of [1, 2, 3]) {
      const other = await member(world, number);
      expect(await code(world, other.dial(0))).toBe("done");
    }
    expect(a.table.size).toBe(3);
  });

  it("lets the link that was not used for longest go", async () => {
    const world = newWorld();
    const a = await member(world, 0, { linksMax: 2 });
    const others = [await member(world, 1), await member(world, 2), await member(world, 3)];
    const [first, second] = [await world.run(a.dial(1)), await world.run(a.dial(2))];
    await world.advance(100);
    first.usedAt = world.clock.now();
    await world.run(a.dial(3));
    await world.advance(100);
    expect([first.ended, second.ended?.by]).toEqual([undefined, "local"]);
    expect(others[1]?.lost).toEqual(["overloaded"]);
    expect(a.table.size).toBe(2);
  });

  it("refuses the newcomer where all links are pinned", async () => {
    const world = newWorld();
    const a = await member(world, 0, { linksMax: 1 });
    const [b, c] = [await member(world, 1), await member(world, 2)];
    (await world.run(a.dial(1))).pinned = true;
    expect(await code(world, a.dial(2))).toBe("overloaded");
    expect(await code(world, c.dial(0))).not.toBe("done");
    await world.advance(100);
    expect([a.table.size, b.table.size, c.table.size]).toEqual([1, 1, 0]);
  });
});

describe("a pool that is closed", () => {
  it("ends its links with its reason and takes no more", async () => {
    const world = newWorld();
    const [a, b] = [await member(world, 0), await member(world, 1)];
    await world.run(a.dial(1));
    a.pool.close(new MeshError("closed", "the node is closed"));
    await world.advance(100);
    expect([a.table.size, b.lost]).toEqual([0, ["closed"]]);
    expect(await code(world, b.dial(0))).toBe("overloaded");
    expect(await code(world, a.dial(1))).toBe("closed");
  });
});

describe("labels of links", () => {
  it("are never those of a live link, and start elsewhere in each life", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    for (let number = 1; number <= 20; number++) {
      await member(world, number);
      await world.run(a.dial(number));
    }
    const labels = [...a.table].map((link) => link.label);
    expect(new Set(labels).size).toBe(20);
    expect(labels.every((label) => label >= 1 && label <= 0xffff)).toBe(true);
    expect([...a.table].every((link) => a.table.labelled(link.label) === link)).toBe(true);
    const again = new LinkTable(world.ports(99).random);
    expect(again.freeLabel()).not.toBe(labels[0]);
  });
});

describe("a kept link", () => {
  async function keeping(): Promise<{ world: World; node: MeshNode }> {
    const world = newWorld();
    return { world, node: await startSimNode(world, 0, { mode: "edge", bootstrap: [1] }) };
  }

  it("comes back by itself when the peer does", async () => {
    const { world, node } = await keeping();
    await startSimNode(world, 1, { mode: "gateway", listen: true });
    await world.run(node.ready());
    world.crash(1);
    await world.advance(6_000);
    expect(node.status()).toMatchObject({ ready: false, links: [] });
    await startSimNode(world, 1, { mode: "gateway", listen: true });
    await world.advance(5_000);
    expect(node.status()).toMatchObject({ ready: true, links: [{ direction: "dialled" }] });
  });

  it("says why it is not there", async () => {
    const { world, node } = await keeping();
    await world.advance(10_000);
    const [state] = node.status().bootstrap;
    expect(state).toMatchObject({ connected: false });
    expect(state?.failures).toBeGreaterThan(2);
    expect(state?.lastError).toBeDefined();
    const ready = node.ready({ timeout: 1_000 }).catch((cause: MeshError) => cause);
    expect(await world.run(ready)).toMatchObject({ code: "timeout" });
  });

  it("to a node of another realm is tried seldom", async () => {
    const { world, node } = await keeping();
    await startSimNode(world, 1, { mode: "gateway", listen: true, realm: "org.other" });
    await world.advance(30_000);
    const [state] = node.status().bootstrap;
    expect(state?.connected).toBe(false);
    expect(state?.failures).toBeLessThan(6);
  });

  it("ends with its node", async () => {
    const { world, node } = await keeping();
    const peer = await startSimNode(world, 1, { mode: "gateway", listen: true });
    await world.run(node.ready());
    await world.run(node.close());
    await world.advance(5_000);
    expect(peer.status().links).toEqual([]);
  });
});

describe("the sender of large frames", () => {
  const call = (procedure: string, number: number) =>
    frameOf(TYPE.call, (writer) => {
      const callId = new Uint8Array(16).fill(number);
      writeCall(writer, callId, procedure, 5_000, Uint8Array.of(0xc0));
    });

  it("goes on with what follows when its peer wants no more of one", async () => {
    const world = newWorld();
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    const other = await startSimNode(world, 2, { mode: "gateway", listen: true, bootstrap: [0] });
    await world.run(other.ready());
    await world.run(node.register("huge", () => new Uint8Array(4 << 20)));
    await world.run(node.register("small", () => 1));
    const peer = await RawPeer.link(world, 1, 0);
    peer.stopsLarge = true;
    for (let number = 0; number < 12; number++) await peer.sendData(call("huge", number));
    await peer.sendData(call("small", 99));
    expect(peer.types).toEqual([TYPE.connectAck, TYPE.reply]);
    expect(node.status().links.map((link) => link.buffered)).toEqual([0, 0]);
    peer.stopsLarge = false;
    await peer.sendData(call("huge", 50));
    await world.advance(1_000);
    expect(peer.types.filter((type) => type === TYPE.reply)).toHaveLength(2);
  });

  it("lets nothing behind when the link ends in the middle", async () => {
    const world = newWorld();
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    const other = await startSimNode(world, 2, { mode: "gateway", listen: true, bootstrap: [0] });
    await world.run(other.ready());
    await world.run(node.register("huge", () => new Uint8Array(4 << 20)));
    const peer = await RawPeer.link(world, 1, 0);
    const many = Array.from({ length: 12 }, (_, number) => call("huge", number));
    const sent = peer.sendData(concat(...many));
    peer.closeAfter(20);
    await sent;
    await world.advance(1_000);
    expect(node.status().links.map((link) => link.node)).toEqual([other.id]);
    expect(await world.run(other.call("huge"))).toHaveLength(4 << 20);
  });
});
