import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { never, settled } from "../rpc/line.ts";

/** Deadlines are kept in steps of some milliseconds. */
const SLACK = 20;

/** Client 0, gateways A 1, B 2 and C 3, provider 4, in one line. */
class Chain {
  readonly world: World;
  readonly nodes: MeshNode[] = [];

  private constructor(seed: number) {
    this.world = new World({ seed, link: { delay: [1, 10] } });
  }

  static async start(seed: number): Promise<Chain> {
    const chain = new Chain(seed);
    for (const number of [1, 2, 3, 4, 0]) await chain.begin(number);
    await chain.world.run(Promise.all(chain.nodes.map((node) => node.ready())));
    return chain;
  }

  get client(): MeshNode {
    return this.nodes[0] as MeshNode;
  }

  get provider(): MeshNode {
    return this.nodes[4] as MeshNode;
  }

  /** Starts a node; where it has run before, as the same node in a new life. */
  async begin(number: number): Promise<void> {
    const isEdge = number === 0 || number === 4;
    const bootstrap = number === 0 ? [1] : number === 1 ? [] : [number - 1];
    const mode = isEdge ? "edge" : "gateway";
    this.nodes[number] = await startSimNode(this.world, number, {
      mode,
      listen: !isEdge,
      bootstrap,
    });
  }

  /** Milliseconds until a call succeeds again, asked every 100 ms. */
  async untilAnswered(): Promise<number> {
    const { world, client } = this;
    const started = world.clock.now();
    while (world.clock.now() - started < 60_000) {
      const answer = await world.run(
        settled(client.call("echo", "still there", { timeout: 1_000 })),
      );
      if (answer === "still there") return world.clock.now() - started;
      await world.advance(100);
    }
    throw new Error(world.report("no call succeeds any more"));
  }
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe("a forwarder that crashes", () => {
  it.each(SEEDS)(
    "ends a call under way with a named error by its deadline (seed %i)",
    async (seed) => {
      const { world, client, provider } = await Chain.start(seed);
      await world.run(provider.register("slow", never));
      const started = world.clock.now();
      const call = settled(client.call("slow", null, { timeout: 3_000 }));
      await world.advance(500);
      world.crash(2);
      expect(await world.run(call)).toBe("timeout");
      expect(world.clock.now() - started).toBeLessThan(3_000 + SLACK);
    },
  );

  it.each([1, 2, 3])(
    "carries calls again within 5 s of its new life: node %i",
    async (forwarder) => {
      for (const seed of SEEDS) {
        const chain = await Chain.start(seed);
        const { world, client, provider } = chain;
        await world.run(provider.register("echo", (args) => args));
        expect(await world.run(client.call("echo", 1))).toBe(1);
        world.crash(forwarder);
        const failed = settled(client.call("echo", 2, { timeout: 2_000 }));
        expect(["timeout", "no_route", "link_lost"]).toContain(await world.run(failed));
        await world.advance(seed * 1_000);
        await chain.begin(forwarder);
        expect(await chain.untilAnswered()).toBeLessThan(5_000);
        await world.advance(10_000);
        expect(chain.nodes.map((node) => node.status().links.length)).toEqual([1, 2, 2, 2, 1]);
      }
    },
  );

  it("is told of while it is away: fast, by name, and never by silence", async () => {
    const { world, client, provider } = await Chain.start(1);
    await world.run(provider.register("echo", (args) => args));
    await world.run(client.call("echo", 1));
    world.crash(2);
    await world.advance(10_000);
    const started = world.clock.now();
    expect(await world.run(settled(client.call("echo", 2)))).toBe("no_route");
    expect(world.clock.now() - started).toBeLessThan(5_000);
  });
});

describe("an end that crashes", () => {
  it("provider: calls fail by name, and succeed again within 5 s of its new life", async () => {
    for (const seed of SEEDS) {
      const chain = await Chain.start(seed);
      const { world, client } = chain;
      await world.run(chain.provider.register("echo", (args) => args));
      expect(await world.run(client.call("echo", 1))).toBe(1);
      world.crash(4);
      await world.advance(6_000);
      expect(["no_route", "no_provider"]).toContain(
        await world.run(settled(client.call("echo", 2))),
      );
      await chain.begin(4);
      const registered = chain.provider.register("echo", (args) => args);
      await world.run(registered);
      expect(await chain.untilAnswered()).toBeLessThan(5_000);
    }
  });

  it("client: its calls give their place at the provider back", async () => {
    const { world, client, provider } = await Chain.start(1);
    await world.run(provider.register("slow", never));
    void settled(client.call("slow", null, { timeout: 5_000 }));
    await world.advance(500);
    expect(provider.status().bounds.handlersAtWork?.used).toBe(1);
    world.crash(0);
    await world.advance(6_000);
    expect(provider.status().bounds.handlersAtWork?.used).toBe(0);
  });
});

describe("a partition", () => {
  it.each(SEEDS)(
    "ends calls by name, and they succeed within 5 s of its end (seed %i)",
    async (seed) => {
      const chain = await Chain.start(seed);
      const { world, client, provider } = chain;
      await world.run(provider.register("echo", (args) => args));
      expect(await world.run(client.call("echo", 1))).toBe(1);
      world.network.conditions.partition([[world.ip(0), world.ip(1)]]);
      for (const timeout of [500, 5_000, 5_000]) {
        const started = world.clock.now();
        const code = await world.run(settled(client.call("echo", 2, { timeout })));
        expect(["timeout", "no_route"]).toContain(code);
        expect(world.clock.now() - started).toBeLessThan(timeout + SLACK);
      }
      await world.advance(seed * 10_000);
      world.network.conditions.healAll();
      expect(await chain.untilAnswered()).toBeLessThan(5_000);
    },
  );

  it("that lasts longer than records live heals too", async () => {
    const chain = await Chain.start(1);
    const { world, client, provider } = chain;
    await world.run(provider.register("echo", (args) => args));
    expect(await world.run(client.call("echo", 1))).toBe(1);
    world.network.conditions.partition([[world.ip(0), world.ip(1)]]);
    await world.advance(900_000);
    world.network.conditions.healAll();
    expect(await chain.untilAnswered()).toBeLessThan(30_000);
  });

  it("of one direction alone is noticed as well", async () => {
    const chain = await Chain.start(2);
    const { world, client, provider } = chain;
    await world.run(provider.register("echo", (args) => args));
    expect(await world.run(client.call("echo", 1))).toBe(1);
    world.network.conditions.cutOneWay(world.ip(2), world.ip(1));
    const code = await world.run(settled(client.call("echo", 2, { timeout: 2_000 })));
    expect(["timeout", "no_route"]).toContain(code);
    await world.advance(20_000);
    expect(chain.nodes[1]?.status().links.map(({ node }) => node)).toEqual([client.id]);
    world.network.conditions.healAll();
    expect(await chain.untilAnswered()).toBeLessThan(5_000);
  });
});
