import { describe, expect, it } from "vitest";
import type { MeshError } from "../../src/base/errors.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { type Member, Population } from "../../src/sim/population.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { settled } from "../rpc/line.ts";

const SEEDS = [1, 2];

/** Life of a provider record. */
const TTL = 300_000;

/** A mesh whose nodes have found their places, and one of its edges, which provides `name`. */
class Mesh {
  readonly world: World;
  readonly population: Population;

  private constructor(seed: number, nodes: number) {
    this.world = new World({ seed, link: { delay: [1, 5] }, keys: "cheap" });
    this.population = new Population(this.world, { nodes, gatewaysOfTen: 7 });
  }

  static async start(seed: number, nodes = 40): Promise<Mesh> {
    const mesh = new Mesh(seed, nodes);
    await mesh.population.start();
    await mesh.settle();
    return mesh;
  }

  async settle(): Promise<void> {
    await this.population.ready();
    await this.world.advance(10_000);
  }

  /** Edges from the middle on: with neighbours that came before them and after. */
  get edges(): [Member, Member] {
    const edges = this.population.members.filter(
      ({ mode, number }) => mode === "edge" && number > 5,
    );
    return edges as [Member, Member];
  }

  others(...except: readonly Member[]): MeshNode[] {
    const { alive } = this.population;
    return alive.filter((member) => !except.includes(member)).map(({ node }) => node);
  }

  register(member: Member, answer: string): Promise<unknown> {
    return this.world.run(member.node.register("name", () => answer));
  }

  /** What calls of `nodes` come to, each once. */
  async calls(nodes: readonly MeshNode[]): Promise<unknown[]> {
    const work = nodes.map((node) => settled(node.call("name")));
    return [...new Set(await this.world.run(Promise.all(work)))];
  }

  /** Providers that lookups of `nodes` find, each once. */
  async found(nodes: readonly MeshNode[]): Promise<string[]> {
    const reports = await this.world.run(Promise.all(nodes.map((node) => node.lookup("name"))));
    return [...new Set(reports.flatMap(({ providers }) => providers.map(({ node }) => node)))];
  }
}

describe("a provider that goes", () => {
  it.each(SEEDS)("without a word is gone for everybody after one TTL, seed %i", async (seed) => {
    const mesh = await Mesh.start(seed, 20);
    const [provider] = mesh.edges;
    await mesh.register(provider, "it");
    const others = mesh.others(provider);
    // Some of them remember it from early on, some from as late as can be.
    expect(await mesh.calls(others.slice(0, 10))).toEqual(["it"]);
    await mesh.world.advance(TTL / 2);
    expect(await mesh.calls(others.slice(5, 20))).toEqual(["it"]);
    mesh.population.crash(provider);
    await mesh.world.advance(TTL);
    expect(await mesh.found(others)).toEqual([]);
    expect(await mesh.calls(others)).toEqual(["no_provider"]);
  });

  it.each(SEEDS)("by closing is gone within a second, seed %i", async (seed) => {
    const mesh = await Mesh.start(seed);
    const { world, population } = mesh;
    const [provider] = mesh.edges;
    await mesh.register(provider, "it");
    expect(await mesh.calls(mesh.others(provider).slice(0, 20))).toEqual(["it"]);
    // Nodes that come nearer to the key are handed the record, and its owner is not told.
    for (let at = 0; at < 15; at++) await population.add();
    await mesh.settle();
    expect(await mesh.found(mesh.others(provider))).toEqual([provider.node.id]);
    const closing = world.run(provider.node.close());
    provider.alive = false;
    await closing;
    await world.advance(1_000);
    const others = mesh.others();
    expect(await mesh.found(others)).toEqual([]);
    expect(await mesh.calls(others)).toEqual(["no_provider"]);
  });
});

describe("a provider that comes", () => {
  it.each(SEEDS)(
    "in place of a dead one is called by those who remember that, seed %i",
    async (seed) => {
      const mesh = await Mesh.start(seed);
      const [dead, successor] = mesh.edges;
      await mesh.register(dead, "one");
      const others = mesh.others(dead, successor);
      expect(await mesh.calls(others)).toEqual(["one"]);
      mesh.population.crash(dead);
      await mesh.world.advance(5_000);
      const before = mesh.world.clock.now();
      await mesh.register(successor, "two");
      expect(await mesh.found(others)).toContain(successor.node.id);
      expect(mesh.world.clock.now() - before).toBeLessThan(1_000);
      expect(await mesh.calls(others)).toEqual(["two"]);
    },
  );

  it.each(SEEDS)("back at another place is called there within a second, seed %i", async (seed) => {
    const world = new World({ seed, link: { delay: [1, 5] } });
    const numbers = [0, 1, 2, 3];
    for (const number of numbers) {
      const bootstrap = numbers.slice(0, number);
      await startSimNode(world, number, { mode: "gateway", listen: true, bootstrap });
    }
    const caller = await startSimNode(world, 8, { mode: "edge", bootstrap: [0] });
    const start = (bootstrap: number): Promise<MeshNode> =>
      startSimNode(world, 9, { mode: "edge", bootstrap: [bootstrap] });
    const first = await start(1);
    await world.run(Promise.all([caller.ready(), first.ready()]));
    await world.run(first.register("name", () => "here"));
    expect(await world.run(caller.call("name"))).toBe("here");
    // Its end is told to nobody, and noticed.
    world.crash(9);
    await world.advance(6_000);
    const second = await start(2);
    await world.run(second.ready());
    const before = world.clock.now();
    await world.run(second.register("name", () => "there"));
    expect(await world.run(settled(caller.call("name")))).toBe("there");
    expect(world.clock.now() - before).toBeLessThan(1_000);
  });
});

describe("a mesh in which many have died a moment ago", () => {
  it.each(SEEDS)("says in time that nobody provides a name, seed %i", async (seed) => {
    const mesh = await Mesh.start(seed);
    const [caller, other] = mesh.edges;
    const { population, world } = mesh;
    const spared = [population.members[0], caller, other];
    const victims = population.members.filter((it, at) => at % 4 === 1 && !spared.includes(it));
    for (const member of victims) population.crash(member);
    const call = caller.node.call("nobody", null, { timeout: 5_000 });
    const { code, message } = (await world.run(call.catch((cause) => cause))) as MeshError;
    expect(code).toBe("no_provider");
    expect(message).toMatch(/\d+ nodes were asked and \d+ answered/);
  });
});

describe("an edge that may dial nobody new", () => {
  it("stores at 20 nodes, and another one finds it", async () => {
    const { world, population } = await Mesh.start(1);
    const gateways = population.members.filter(({ mode }) => mode === "gateway");
    const [near, far] = [gateways[0], gateways.at(-1)] as [Member, Member];
    const edges: MeshNode[] = [];
    for (const [at, { number }] of [near, far].entries())
      edges.push(await startSimNode(world, 100 + at, { mode: "edge", bootstrap: [number] }));
    const [provider, caller] = edges as [MeshNode, MeshNode];
    await world.run(Promise.all(edges.map((edge) => edge.ready())));
    const registration = await world.run(provider.register("name", () => "it"));
    expect(registration.copies).toBeGreaterThanOrEqual(20);
    const { providers } = await world.run(caller.lookup("name"));
    expect(providers.map(({ node }) => node)).toEqual([provider.id]);
    expect(await world.run(caller.call("name"))).toBe("it");
    for (const edge of edges) {
      expect(edge.status().links).toHaveLength(1);
      expect(edge.status().counters.connections).toBe(1);
    }
  });

  it("stores at all nodes there are where these are fewer", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    const population = new Population(world, { nodes: 20 });
    await population.start();
    await population.ready();
    const edge = await startSimNode(world, 100, { mode: "edge", bootstrap: [1] });
    await world.run(edge.ready());
    const serving = population.members.filter(({ mode }) => mode !== "edge");
    const registration = await world.run(edge.register("name", () => "it"));
    expect(registration.copies).toBe(serving.length);
  });
});
