import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { type SimNodeOptions, startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import type { MemoryNetwork } from "../../src/transport/memory/network.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { writeObserve } from "../../src/wire/punch.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { composeIn } from "./composed.ts";

const GATEWAYS = [1, 2, 3];
const CALLER = 10;
const PROVIDER = 20;
const ALL = [...GATEWAYS, CALLER, PROVIDER];

interface MeshOptions {
  /** Nodes whose datagrams get nowhere from the start. */
  readonly blocked?: readonly number[];
  readonly isPaired?: boolean;
}

/** Three gateways and two edges that find their places by themselves. */
class BlockedMesh {
  readonly world: World = new World({ seed: 3, link: { delay: [5, 5] } });
  readonly nodes = new Map<number, MeshNode>();
  /** How often each value was given to the handler. */
  readonly executed = new Map<unknown, number>();
  /** Hosts whose sockets have sent the first packet of a dial, and packets of any kind over streams. */
  readonly dials: string[] = [];
  streamPackets = 0;

  static async start({ blocked = [], isPaired = true }: MeshOptions = {}): Promise<BlockedMesh> {
    const mesh = new BlockedMesh();
    mesh.#count();
    for (const node of blocked) mesh.block(node);
    for (const gateway of GATEWAYS) {
      const bootstrap = GATEWAYS.filter((other) => other < gateway);
      await mesh.add(gateway, { mode: "gateway", listen: true, bootstrap, isPaired });
    }
    await mesh.add(CALLER, { mode: "edge", bootstrap: [1], isPaired });
    await mesh.add(PROVIDER, { mode: "edge", bootstrap: [2], isPaired });
    const note = (value: unknown): number => {
      mesh.executed.set(value, (mesh.executed.get(value) ?? 0) + 1);
      return Number(value) * 2;
    };
    await mesh.world.run(mesh.node(PROVIDER).register("double", note));
    return mesh;
  }

  /** Milliseconds until it was ready. */
  async add(number: number, options: SimNodeOptions): Promise<number> {
    const began = this.world.clock.now();
    const node = await startSimNode(this.world, number, { links: "auto", ...options });
    this.nodes.set(number, node);
    await this.world.run(node.ready());
    return this.world.clock.now() - began;
  }

  node(number: number): MeshNode {
    return this.nodes.get(number) as MeshNode;
  }

  /** Datagrams of that node, or its streams, get nowhere from now on. */
  block(node: number, network: MemoryNetwork = this.world.network): void {
    for (let other = 0; other <= 30; other++) {
      if (other === node) continue;
      network.conditions.cutOneWay(this.world.ip(node), this.world.ip(other));
      network.conditions.cutOneWay(this.world.ip(other), this.world.ip(node));
    }
  }

  heal(): void {
    this.world.network.conditions.healAll();
  }

  async call(value: number): Promise<unknown> {
    return await this.world.run(this.node(CALLER).call("double", value));
  }

  /** Calls at a steady rate for as long as `time`; what became of those that were not answered. */
  async callSteadily(from: number, time: number): Promise<string[]> {
    const failures: string[] = [];
    const calls: Promise<void>[] = [];
    for (let at = 0; at < time; at += 50) {
      const value = from + calls.length;
      const call = this.node(CALLER).call("double", value, { timeout: 20_000 });
      calls.push(
        call.then(
          (result) => void (result === value * 2 || failures.push(`${value}: ${result}`)),
          (cause) => void failures.push(`${value}: ${cause}`),
        ),
      );
      await this.world.advance(50);
    }
    await this.world.run(Promise.all(calls));
    return failures;
  }

  /** What carries the links of a node, and what it says of UDP. */
  carriers(number: number): { links: string[]; udp: string } {
    const { links, transport } = this.node(number).status();
    return {
      links: [...new Set(links.map((link) => link.transport))].sort(),
      udp: transport.udp,
    };
  }

  async close(): Promise<void> {
    await this.world.run(Promise.all([...this.nodes.values()].map((node) => node.close())));
  }

  #count(): void {
    const { network, streams } = this.world;
    const launch = network.send.bind(network);
    network.send = (transport, connection, frames) => {
      if (frames[0]?.kind === "hello") this.dials.push(transport.ip);
      launch(transport, connection, frames);
    };
    const stream = streams.send.bind(streams);
    streams.send = (transport, connection, frames) => {
      this.streamPackets += 1;
      stream(transport, connection, frames);
    };
  }
}

describe("nodes with two drivers, where datagrams work", () => {
  it("open not one connection over streams, and dial no more than with one driver", async () => {
    const [paired, alone] = [
      await BlockedMesh.start(),
      await BlockedMesh.start({ isPaired: false }),
    ];
    for (const mesh of [paired, alone]) {
      expect(await mesh.callSteadily(0, 20_000)).toEqual([]);
      await mesh.world.advance(60_000);
    }
    expect(paired.streamPackets).toBe(0);
    expect(paired.dials.length).toBe(alone.dials.length);
    for (const node of ALL)
      expect(paired.carriers(node)).toEqual({ links: ["memory"], udp: "works" });
    await Promise.all([paired, alone].map((mesh) => mesh.close()));
  });
});

describe.each([
  ["the caller", [CALLER]],
  ["the provider", [PROVIDER]],
  ["both", [CALLER, PROVIDER]],
])("where datagrams of %s get nowhere", (_who, blocked) => {
  it("calls are answered, and who is blocked says so", async () => {
    const mesh = await BlockedMesh.start({ blocked });
    expect(await mesh.call(1)).toBe(2);
    expect(await mesh.callSteadily(100, 5_000)).toEqual([]);
    for (const node of [CALLER, PROVIDER]) {
      const isBlocked = blocked.includes(node);
      const expected = isBlocked
        ? { links: ["memory-stream"], udp: "blocked" }
        : { links: ["memory"], udp: "works" };
      expect(mesh.carriers(node)).toEqual(expected);
    }
    expect([...mesh.executed.values()].every((times) => times === 1)).toBe(true);
    await mesh.close();
  });

  it("no link through NATs is tried, and the reason is told", async () => {
    const mesh = await BlockedMesh.start({ blocked });
    expect(await mesh.callSteadily(0, 5_000)).toEqual([]);
    const [destination] = mesh.node(CALLER).status().routing.destinations;
    const isCaller = blocked.includes(CALLER);
    expect(destination?.reason).toContain(
      isCaller ? "udp is blocked" : "the peer opens no link: refused",
    );
    for (const node of ALL) {
      const { counters } = mesh.node(node).status();
      const { knocks_sent = 0, punches_begun = 0, punches_taken = 0 } = counters;
      // Who does not know of the other's network may offer, and is refused.
      const own = blocked.includes(node) ? punches_begun + punches_taken : 0;
      expect([knocks_sent, own]).toEqual([0, 0]);
    }
    await mesh.close();
  });

  it("an edge is ready within two seconds", async () => {
    const mesh = await BlockedMesh.start({ blocked });
    mesh.block(11);
    expect(await mesh.add(11, { mode: "edge", bootstrap: [3], isPaired: true })).toBeLessThan(
      2_000,
    );
    await mesh.close();
  });

  it("links return to datagrams once these work again, and no call is lost", async () => {
    const mesh = await BlockedMesh.start({ blocked });
    expect(await mesh.callSteadily(0, 2_000)).toEqual([]);
    mesh.heal();
    expect(await mesh.callSteadily(1_000, 20_000)).toEqual([]);
    for (const node of ALL)
      expect(mesh.carriers(node)).toEqual({ links: ["memory"], udp: "works" });
    expect([...mesh.executed.values()].every((times) => times === 1)).toBe(true);
    const before = mesh.streamPackets;
    await mesh.world.advance(60_000);
    expect(mesh.streamPackets).toBe(before);
    await mesh.close();
  });
});

describe("where a node is seen over streams", () => {
  it("is told to nobody, because its socket for datagrams is elsewhere", async () => {
    const mesh = await BlockedMesh.start({ blocked: [11] });
    const { world } = mesh;
    const asking = await composeIn(world, 11, {
      mode: "edge",
      links: "static",
      bootstrap: [1],
      addresses: [],
      isClosed: true,
      isPaired: true,
    });
    await world.advance(1_000);
    const [link] = [...asking.context.table];
    expect(link).toMatchObject({ kind: "memory-stream", isDatagram: false });
    const before = mesh.node(1).status().counters;
    const writer = new FrameWriter();
    writer.begin();
    writeObserve(writer, 7);
    writer.finish(TYPE.observe);
    link?.sendFrame(writer);
    await world.advance(1_000);
    const { observations_refused, observations_told } = mesh.node(1).status().counters;
    expect(observations_refused).toBe((before.observations_refused ?? 0) + 1);
    expect(observations_told).toBe(before.observations_told);
    await mesh.close();
  });
});

describe("datagrams that stop getting through", () => {
  it("are said to be blocked, and calls go on as soon as the loss of the links was noticed", async () => {
    const mesh = await BlockedMesh.start();
    expect(await mesh.callSteadily(0, 2_000)).toEqual([]);
    mesh.block(CALLER);
    await mesh.callSteadily(1_000, 6_000);
    expect(await mesh.callSteadily(2_000, 20_000)).toEqual([]);
    expect(mesh.carriers(CALLER)).toEqual({ links: ["memory-stream"], udp: "blocked" });
    expect([...mesh.executed.values()].every((times) => times === 1)).toBe(true);
    await mesh.close();
  });

  it("are probed ever more seldom", async () => {
    const mesh = await BlockedMesh.start({ blocked: [CALLER] });
    const dialsWithin = async (time: number): Promise<number> => {
      const forOthers = (): number => mesh.node(CALLER).status().counters.dial_backs ?? 0;
      const [before, forOthersBefore] = [mesh.dials.length, forOthers()];
      await mesh.world.advance(time);
      const own = mesh.dials.slice(before).filter((host) => host === mesh.world.ip(CALLER));
      return own.length - (forOthers() - forOthersBefore);
    };
    // After 5, 10, 20, 40, … s, then each 320 s; an attempt is told by its first packet and not by repetitions.
    const ofFirstMinute = await dialsWithin(60_000);
    expect(ofFirstMinute).toBeGreaterThanOrEqual(3);
    await mesh.world.advance(600_000);
    const ofAnHour = await dialsWithin(3_600_000);
    expect(ofAnHour).toBeGreaterThanOrEqual(10);
    expect(ofAnHour).toBeLessThanOrEqual(12);
    await mesh.close();
  });
});

describe("nodes that dial each other at the same moment over both drivers", () => {
  it("end with one link, the same on both sides, over datagrams (40 seeds)", async () => {
    let overStreams = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const world = new World({ seed, link: { delay: [1, 40] } });
      world.network.conditions.setUsual({ loss: 0.7 });
      const start = (number: number, other: number): Promise<MeshNode> =>
        startSimNode(world, number, {
          mode: "gateway",
          listen: true,
          bootstrap: [other],
          isPaired: true,
        });
      const [a, b] = [await start(0, 1), await start(1, 0)];
      await world.run(Promise.all([a.ready(), b.ready()]));
      if (a.status().links.some(({ transport }) => transport !== "memory")) overStreams += 1;
      await world.advance(2_000);
      world.network.conditions.setUsual({ loss: 0 });
      await world.advance(60_000);
      const ends = [a, b].flatMap((node) => node.status().links);
      expect([seed, ...ends.map(({ direction }) => direction).sort()]).toEqual([
        seed,
        "accepted",
        "dialled",
      ]);
      expect(ends.map(({ transport }) => transport)).toEqual(["memory", "memory"]);
      for (const node of [a, b]) expect(node.status().counters.connections).toBe(1);
    }
    expect(overStreams).toBeGreaterThan(5);
  });
});

describe("a gateway that datagrams don't reach", () => {
  it("proves over streams that it can be dialled, and others link to it", async () => {
    const mesh = await BlockedMesh.start();
    mesh.block(4);
    await mesh.add(4, { mode: "gateway", listen: true, bootstrap: [1], isPaired: true });
    await mesh.world.advance(60_000);
    const { dialable, links } = mesh.node(4).status();
    expect(dialable).toBe("proved");
    expect(links.some(({ direction }) => direction === "dialled")).toBe(true);
    await mesh.add(12, { mode: "edge", bootstrap: [4], isPaired: true });
    const link = mesh
      .node(12)
      .status()
      .links.find(({ node }) => node === mesh.node(4).id);
    expect(link).toMatchObject({ transport: "memory-stream", direction: "dialled" });
    await mesh.close();
  });

  it("does not say of others that they can't be dialled", async () => {
    const mesh = await BlockedMesh.start({ blocked: [4, 5] });
    const { world } = mesh;
    await mesh.add(4, { mode: "gateway", listen: true, bootstrap: [1, 2, 3], isPaired: true });
    await world.advance(10_000);
    expect(mesh.node(4).status().transport.udp).toBe("blocked");
    // Node 5 can't listen for streams, because another process has its port for a while; and knows nobody but 4.
    mesh.block(5, world.streams);
    world.streams.conditions.healOneWay(world.ip(4), world.ip(5));
    world.streams.conditions.healOneWay(world.ip(5), world.ip(4));
    const rival = world.streams.transport({
      identity: world.identity(6),
      address: world.address(5),
      isDatagram: false,
    });
    await world.run(rival.listen(world.address(5)));
    const joining = mesh.add(5, { mode: "gateway", listen: true, bootstrap: [4], isPaired: true });
    await joining;
    rival.crash();
    await world.advance(20_000);
    const { dialable, health, links } = mesh.node(5).status();
    expect(links.map(({ node }) => node)).toEqual([mesh.node(4).id]);
    expect(mesh.node(5).status().counters.dial_backs_asked).toBeGreaterThan(0);
    expect(mesh.node(4).status().counters.dial_backs).toBeGreaterThan(0);
    expect(dialable).toBe("unproved");
    expect(health.state).toBe("degraded");
    expect(health.reasons[0]).toContain("it does not listen");
    await mesh.close();
  });
});
