import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { signContact } from "../../src/peer/contact.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { never, settled } from "../rpc/line.ts";
import { composeIn } from "./composed.ts";

/** Lines of the trace that tell of `what`. */
const told = (world: World, what: string) => world.trace.tail().filter((it) => it.includes(what));

const linked = (node: MeshNode) => node.status().links.map((link) => link.node);

describe("a node of another realm", () => {
  async function scene() {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    const gateway = await startSimNode(world, 1, { mode: "gateway", listen: true });
    const options = { mode: "gateway", listen: true, bootstrap: [1], realm: "org.other" } as const;
    const stranger = await startSimNode(world, 2, options);
    return { world, gateway, stranger };
  }

  it("is refused with realm_mismatch, and both sides say so", async () => {
    const { world, gateway, stranger } = await scene();
    await expect(world.run(stranger.ready({ timeout: 3_000 }))).rejects.toThrow(/another realm/);
    expect(stranger.status().bootstrap[0]).toMatchObject({ connected: false });
    expect(stranger.status().bootstrap[0]?.lastError).toMatch(/^realm_mismatch: /);
    const lines = told(world, "realm_mismatch");
    expect(lines.some((line) => line.includes("node 1: warn peer_refused"))).toBe(true);
    expect(lines.some((line) => line.includes("node 2: warn dial_failed"))).toBe(true);
    expect(gateway.status().counters.handshakes_refused).toBe(1);
  });

  it("never becomes a link, a contact or a provider, however long it tries", async () => {
    const { world, gateway, stranger } = await scene();
    const friend = await startSimNode(world, 3, { mode: "edge", bootstrap: [1] });
    const links: string[] = [];
    for (const node of [gateway, stranger]) node.on("link", (link) => links.push(link.node));
    await world.run(stranger.register("echo", () => "stranger"));
    await world.advance(120_000);
    expect(links).toEqual([friend.id]);
    expect([linked(gateway), linked(stranger)]).toEqual([[friend.id], []]);
    for (const node of [gateway, stranger, friend]) {
      const others = node === friend ? 1 : 0;
      expect(node.status().bounds.contacts?.used).toBe(others);
    }
    expect(await world.run(settled(friend.call("echo")))).toBe("no_provider");
    const there = { provider: stranger.id };
    expect(await world.run(settled(friend.call("echo", null, there)))).toBe("no_route");
    expect(await world.run(settled(stranger.call("echo", null, { provider: friend.id })))).toBe(
      "no_route",
    );
  });

  it("is dialled seldom: the other side will hardly change its realm", async () => {
    const { world, gateway } = await scene();
    await world.advance(600_000);
    expect(gateway.status().counters.handshakes_refused).toBeLessThan(25);
    expect(gateway.status().counters.handshakes_refused).toBeGreaterThan(5);
  });
});

describe("two processes with one key", () => {
  it("raise an alarm; the older one stays, also while both go on trying", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    const gateway = await startSimNode(world, 1, { mode: "gateway", listen: true });
    const first = await startSimNode(world, 2, { mode: "edge", bootstrap: [1] });
    await world.run(first.ready());
    await world.run(first.register("who", () => "first"));
    const lost: unknown[] = [];
    first.on("link_lost", (detail) => lost.push(detail));
    await world.advance(5);
    const copy = await startSimNode(world, 2, { mode: "edge", bootstrap: [1] });
    expect(copy.id).toBe(first.id);
    await expect(world.run(copy.ready({ timeout: 5_000 }))).rejects.toThrow(
      /another process with this key/,
    );
    expect(told(world, "node 1: error duplicate_identity")).toHaveLength(1);
    expect(gateway.status().counters.duplicate_identities).toBe(1);
    expect(told(world, "node 2: error duplicate_identity")).toHaveLength(1);
    expect(copy.status().health).toMatchObject({
      state: "degraded",
      reasons: expect.arrayContaining([
        expect.stringMatching(/^identity: another process .* key file of its own$/),
      ]),
    });
    expect(first.status().health.state).toBe("healthy");
    expect(copy.status().bootstrap[0]?.lastError).toMatch(/^duplicate_identity: /);
    await world.advance(60_000);
    expect(lost).toEqual([]);
    expect(linked(gateway)).toEqual([first.id]);
    expect(await world.run(gateway.call("who"))).toBe("first");
  });

  it("end the alarm ten minutes after the older one has gone", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    await startSimNode(world, 1, { mode: "gateway", listen: true });
    const first = await startSimNode(world, 2, { mode: "edge", bootstrap: [1] });
    await world.run(first.ready());
    const copy = await startSimNode(world, 2, { mode: "edge", bootstrap: [1] });
    await world.advance(5_000);
    await world.run(first.close());
    await world.run(copy.ready({ timeout: 70_000 }));
    expect(copy.status().health.state).toBe("degraded");
    await world.advance(600_000);
    expect(copy.status().health.state).toBe("healthy");
  });

  it("are one node in its next life where the older one is gone, at once", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    const gateway = await startSimNode(world, 1, { mode: "gateway", listen: true });
    const first = await startSimNode(world, 2, { mode: "edge", bootstrap: [1] });
    await world.run(first.ready());
    await world.run(first.register("who", never));
    const call = settled(gateway.call("who", null, { timeout: 60_000 }));
    await world.advance(100);
    world.crash(2);
    const started = world.clock.now();
    const next = await startSimNode(world, 2, { mode: "edge", bootstrap: [1] });
    await world.run(next.ready());
    expect(world.clock.now() - started).toBeLessThan(2_000);
    expect(await world.run(call)).toBe("provider_gone");
    expect(told(world, "duplicate_identity")).toEqual([]);
    await world.run(next.register("who", () => "next"));
    expect(await world.run(gateway.call("who"))).toBe("next");
  });
});

describe("a node that hears of itself", () => {
  /** What node 2 says of its health where a gateway that it is led to has a contact of it that is so much newer. */
  async function healthAfter(seqAhead: number): Promise<readonly string[]> {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    await composeIn(world, 1, { mode: "gateway" });
    const gateway = await composeIn(world, 3, { mode: "gateway", bootstrap: [1] });
    await world.advance(1_000);
    const claim = { addresses: [world.address(9)], anchors: [], transit: true, serves: true };
    const signer = world.signer(2);
    const { realm } = gateway.context;
    gateway.dht.addContact(signContact(signer, realm, claim, world.clock.wall() + seqAhead));
    const node = await composeIn(world, 2, { mode: "gateway", bootstrap: [1] });
    await world.advance(2_000);
    expect(node.overlay?.state().joined).toBe(true);
    return node.health.state().reasons;
  }

  it("raises the alarm where it was somebody else who signed it", async () => {
    expect(await healthAfter(5_000)).toEqual([
      expect.stringMatching(/^identity: another process uses the key of this node/),
    ]);
  });

  it("takes an older contact for one of its earlier lives", async () => {
    expect(await healthAfter(-5_000)).toEqual([]);
  });
});
