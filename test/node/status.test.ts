import { describe, expect, it } from "vitest";
import { bucketIndex, parseNodeId } from "../../src/base/id.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { NodeStatus } from "../../src/node/node-status.ts";
import { Population } from "../../src/sim/population.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { line, never, settled } from "../rpc/line.ts";

/** Names of the bounds that are passed. */
function passed({ bounds }: NodeStatus): string[] {
  return Object.entries(bounds)
    .filter(([, { used, max }]) => !(used >= 0 && used <= max && Number.isInteger(max)))
    .map(([name]) => name);
}

/** True where a value is made of plain objects, arrays and scalars alone. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  return Object.values(value).every(isPlain);
}

describe("status", () => {
  it("is a plain object that survives JSON, at any time of a node's life", async () => {
    const { world, client, gateways, provider } = await line(2);
    await world.run(provider.register("slow", never));
    const call = settled(client.call("slow"));
    await world.advance(3_000);
    const nodes = [client, provider, ...gateways];
    for (const node of nodes) {
      const status = node.status();
      expect(isPlain(status)).toBe(true);
      expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    }
    await world.run(Promise.all(nodes.map((node) => node.close())));
    for (const node of nodes) expect(isPlain(node.status())).toBe(true);
    expect(await call).toBe("closed");
  });

  it("tells who the node is and whom it is linked to", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    await world.run(client.call("echo", 1));
    await world.advance(5_000);
    const gateway = gateways[0] as MeshNode;
    expect(gateway.status()).toMatchObject({
      id: gateway.id,
      realm: "com.example.sim",
      mode: "gateway",
      addresses: [`${gateway.id}@${world.address(1)}`],
      transport: {
        drivers: [{ kind: "memory", connections: 2, address: world.address(1) }],
        udp: "works",
      },
      ready: true,
      uptime: world.clock.now(),
      bootstrap: [],
      procedures: [],
      counters: { connections: 2 },
    });
    expect(provider.status().procedures).toEqual(["echo"]);
    expect(client.status().bootstrap).toEqual([
      { target: "node 1", connected: true, failures: 0, lastError: undefined },
    ]);
    const [there] = client.status().links;
    const back = gateway.status().links.find((link) => link.node === client.id);
    expect(there).toMatchObject({
      node: gateway.id,
      transport: "memory",
      direction: "dialled",
      transit: true,
      buffered: 0,
    });
    expect(back).toMatchObject({ direction: "accepted", transit: false });
    expect(there?.roundTrip).toBeGreaterThan(1);
    expect(there?.roundTrip).toBeLessThan(11);
    expect(back?.bytesReceived).toBe(there?.bytesSent);
    expect(back?.framesReceived).toBe(there?.framesSent);
  });

  it("tells of its place in the mesh: table, anchors, links that it wants, records", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    const population = new Population(world, { nodes: 20 });
    await population.start();
    await population.ready();
    const members = population.members.map(({ node }) => node);
    const edge = members[9] as MeshNode;
    const registration = await world.run(edge.register("echo", (args) => args));
    await world.advance(30_000);
    const status = edge.status();
    expect(status.registrations).toEqual([{ procedure: "echo", copies: registration.copies }]);
    expect(status.anchors).toHaveLength(4);
    expect(status.overlay).toEqual({ joined: true, wanted: 4, held: 4, dialling: 0, lost: 0 });
    expect(status.contacts.length).toBe(status.bounds.contacts?.used);
    expect(status.contacts.length).toBeGreaterThan(3);
    const self = parseNodeId(edge.id);
    for (const { node, bucket, heardAgo, linked, anchor, addresses } of status.contacts) {
      expect(bucket).toBe(bucketIndex(self, parseNodeId(node)));
      expect(linked).toBe(status.links.some((link) => link.node === node));
      expect(anchor).toBe(status.anchors.includes(node));
      expect(addresses).toHaveLength(1);
      expect(heardAgo).toBeGreaterThanOrEqual(0);
      expect(heardAgo).toBeLessThanOrEqual(linked ? 2_000 : status.uptime);
    }
    const holders = members.map((node) => node.status()).filter(({ records }) => records.held > 0);
    expect(holders.length).toBeGreaterThanOrEqual(registration.copies);
    for (const { records } of holders) expect(records).toEqual({ held: 1, keys: 1, owners: 1 });
    const gateway = population.members.find(({ mode }) => mode === "gateway")?.node.status();
    expect(gateway?.anchors).toEqual([]);
    expect(gateway?.sizeEstimate).toBeGreaterThan(2);
    expect(gateway?.sizeEstimate).toBeLessThan(20);
  });

  it("shows no bound passed, and nothing used once all is done", async () => {
    const { world, client, gateways, provider } = await line(3);
    const nodes = [client, provider, ...gateways];
    await world.run(provider.register("echo", (args) => args));
    const calls = Array.from({ length: 500 }, (_, at) => settled(client.call("echo", at)));
    await world.advance(3);
    for (const node of nodes) expect(passed(node.status())).toEqual([]);
    expect(client.status().bounds.callsPending).toEqual({ used: 500, max: 65_536 });
    await world.run(Promise.all(calls));
    for (const node of nodes) expect(passed(node.status())).toEqual([]);
    expect(client.status().bounds.callsPending?.used).toBe(0);
    expect(client.status().bounds.providersCached?.used).toBe(1);
    expect(client.status().bounds.learnedRoutes?.used).toBeGreaterThan(0);
    expect(gateways.map((node) => node.status().bounds.records?.used)).toEqual([1, 1, 1]);
  });

  it("counts what was forwarded, refused and searched", async () => {
    const { world, client, gateways, provider } = await line(2);
    await world.run(provider.register("echo", (args) => args));
    await world.run(client.call("echo", 1));
    const before = gateways.map((node) => node.status().counters.frames_forwarded ?? 0);
    for (let at = 0; at < 10; at++) await world.run(client.call("echo", at));
    const after = gateways.map((node) => node.status().counters.frames_forwarded ?? 0);
    expect(after.map((count, at) => count - (before[at] as number))).toEqual([20, 20]);
    await world.run(settled(client.call("echo", 1, { provider: "cd".repeat(32) })));
    expect(client.status().counters.route_searches).toBeGreaterThan(0);
    expect(Object.values(client.status().counters).every(Number.isFinite)).toBe(true);
  });
});

describe("events", () => {
  it("tell of links as they come and go, by id", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    const gateway = await startSimNode(world, 0, { mode: "gateway", listen: true });
    const told: unknown[] = [];
    const stop = gateway.on("link", (detail) => told.push(detail));
    gateway.on("link_lost", (detail) => told.push(detail));
    const edge = await startSimNode(world, 1, { mode: "edge", bootstrap: [0] });
    await world.run(edge.ready());
    await world.run(edge.close());
    await world.advance(100);
    expect(told).toEqual([
      { node: edge.id, address: expect.stringMatching(/^10\.0\.0\.2:\d+$/) },
      { node: edge.id, code: 0x50, reason: "the node is closed" },
    ]);
    stop();
    const next = await startSimNode(world, 1, { mode: "edge", bootstrap: [0] });
    await world.run(next.ready());
    world.crash(1);
    await world.advance(6_000);
    expect(told).toHaveLength(3);
    expect(told[2]).toMatchObject({ node: next.id, reason: "the peer does not answer" });
  });

  it("hurt nobody where a listener throws", async () => {
    const world = new World({ seed: 1 });
    const gateway = await startSimNode(world, 0, { mode: "gateway", listen: true });
    gateway.on("link", () => {
      throw new Error("listener");
    });
    const edge = await startSimNode(world, 1, { mode: "edge", bootstrap: [0] });
    await world.run(edge.ready());
    await world.advance(1_000);
    expect(gateway.status().links).toHaveLength(1);
    expect(world.trace.tail().some((it) => it.includes("error listener_failed"))).toBe(true);
  });
});
