import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { RUNNING_MAX } from "../../src/rpc/server.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { never, settled } from "../rpc/line.ts";

interface Mesh {
  readonly world: World;
  readonly gateways: readonly MeshNode[];
  readonly edges: readonly MeshNode[];
}

/** Gateways 0 to 2 that know each other, and edges 3 to 6, each at one of them. */
async function mesh(seed = 1): Promise<Mesh> {
  const world = new World({ seed, link: { delay: [1, 5] } });
  const gateways: MeshNode[] = [];
  for (const number of [0, 1, 2]) {
    const bootstrap = [0, 1, 2].slice(0, number);
    gateways.push(await startSimNode(world, number, { mode: "gateway", listen: true, bootstrap }));
  }
  const edges: MeshNode[] = [];
  for (const number of [3, 4, 5, 6]) {
    edges.push(await startSimNode(world, number, { mode: "edge", bootstrap: [number % 3] }));
  }
  await world.run(Promise.all([...gateways, ...edges].map((node) => node.ready())));
  await world.advance(1_000);
  return { world, gateways, edges };
}

/** What a call by each of `nodes` comes to. */
function calls(world: World, nodes: readonly MeshNode[], timeout = 5_000): Promise<unknown[]> {
  return world.run(Promise.all(nodes.map((node) => settled(node.call("name", null, { timeout })))));
}

describe("a procedure", () => {
  it("is found by everybody as soon as it is registered", async () => {
    const { world, gateways, edges } = await mesh();
    const all = [...gateways, ...edges];
    expect(await calls(world, all)).toEqual(all.map(() => "no_provider"));
    const registration = await world.run(edges[0]!.register("name", () => "zero"));
    expect(registration.copies).toBe(3);
    expect(await calls(world, all)).toEqual(all.map(() => "zero"));
  });

  it("that is unregistered is found by nobody within a second, whatever they remember", async () => {
    const { world, gateways, edges } = await mesh();
    const others = [...gateways, ...edges.slice(1)];
    const registration = await world.run(edges[0]!.register("name", () => "zero"));
    await calls(world, others);
    const started = world.clock.now();
    await world.run(registration.unregister());
    await world.run(registration.unregister());
    expect(await calls(world, others)).toEqual(others.map(() => "no_provider"));
    expect(world.clock.now() - started).toBeLessThan(1_000);
    await world.run(edges[0]!.register("name", () => "again"));
    expect(await calls(world, others)).toEqual(others.map(() => "again"));
  });

  it("ends with the node that closes: a second later nobody finds it", async () => {
    const { world, gateways, edges } = await mesh();
    const others = [...gateways, ...edges.slice(1)];
    await world.run(edges[0]!.register("name", () => "zero"));
    await calls(world, others.slice(0, 3));
    const started = world.clock.now();
    await world.run(edges[0]!.close());
    expect(world.clock.now() - started).toBeLessThan(1_000);
    const [fresh, remembering] = [others.slice(3), others.slice(0, 3)];
    expect(await calls(world, fresh)).toEqual(fresh.map(() => "no_provider"));
    expect(await calls(world, remembering)).toEqual(remembering.map(() => "no_provider"));
  });

  it("moves: who remembers its old provider asks the mesh anew, within the same call", async () => {
    const { world, gateways, edges } = await mesh();
    const first = await world.run(edges[0]!.register("name", () => "zero"));
    expect(await calls(world, [edges[2]!, gateways[1]!])).toEqual(["zero", "zero"]);
    await world.run(edges[1]!.register("name", () => "one"));
    await world.run(first.unregister());
    expect(await calls(world, [edges[2]!, gateways[1]!])).toEqual(["one", "one"]);
  });

  it("of the node itself is run there, and nobody calls himself over the mesh", async () => {
    const { world, gateways, edges } = await mesh();
    const own = await world.run(gateways[0]!.register("name", () => "own"));
    await world.run(edges[0]!.register("name", () => "edge"));
    for (let at = 0; at < 5; at++) expect(await calls(world, [gateways[0]!])).toEqual(["own"]);
    await world.run(own.unregister());
    for (let at = 0; at < 5; at++) expect(await calls(world, [gateways[0]!])).toEqual(["edge"]);
  });
});

describe("a node whose own record outlives its procedure", () => {
  it("does not call itself over the mesh", async () => {
    const { world, edges } = await mesh();
    const own = await world.run(edges[0]!.register("name", () => "own"));
    world.network.conditions.partition([[world.ip(3)]]);
    await world.run(own.unregister());
    await world.advance(10_000);
    world.network.conditions.healAll();
    await world.advance(20_000);
    expect(await calls(world, [edges[1]!])).toEqual(["no_provider"]);
    const before = edges[0]!.status().counters.route_searches ?? 0;
    expect(await calls(world, [edges[0]!])).toEqual(["no_provider"]);
    expect(edges[0]!.status().counters.route_searches ?? 0).toBe(before);
  });
});

describe("several providers", () => {
  it("get their calls by chance, each about as many", async () => {
    const { world, edges } = await mesh();
    const counts = [0, 0, 0];
    for (const at of [0, 1, 2]) {
      const count = () => {
        counts[at] = (counts[at] as number) + 1;
        return at;
      };
      await world.run(edges[at]!.register("name", count));
    }
    const work = Array.from({ length: 300 }, () => edges[3]!.call("name"));
    await world.run(Promise.all(work));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
    for (const count of counts) expect(count).toBeGreaterThan(70);
  });

  it("stand in for those that are gone, within the deadline of the call (8 seeds)", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const { world, edges } = await mesh(seed);
      for (const at of [0, 1, 2]) await world.run(edges[at]!.register("name", () => at));
      await calls(world, [edges[3]!]);
      world.crash(3);
      world.crash(4);
      await world.advance(6_000);
      for (let at = 0; at < 4; at++) expect(await calls(world, [edges[3]!])).toEqual([2]);
    }
  });

  it("are tried three at most; then the last reason is told", async () => {
    const { world, edges, gateways } = await mesh();
    const busy = [...gateways, ...edges.slice(0, 2)];
    for (const node of busy) {
      await world.run(node.register("name", never));
      for (let at = 0; at < RUNNING_MAX; at++) void settled(node.call("name"));
    }
    expect(await calls(world, [edges[3]!])).toEqual(["overloaded"]);
    const refused = busy.map((node) => node.status().counters.calls_failed ?? 0).sort();
    expect(refused).toEqual([0, 0, 1, 1, 1]);
  });
});

describe("a registration", () => {
  it("that no node can take fails with store_failed and why; the name is free again", async () => {
    const { world, edges } = await mesh();
    world.network.conditions.partition([[world.ip(3)]]);
    await world.advance(6_000);
    const failed = edges[0]!.register("name", () => 1, { timeout: 2_000 });
    await expect(world.run(failed)).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringMatching(/no node took the record of "name": .+/),
    });
    world.network.conditions.healAll();
    await world.advance(10_000);
    await world.run(edges[0]!.register("name", () => 2));
    expect(await calls(world, [edges[1]!])).toEqual([2]);
  });

  it("that is cancelled leaves nothing to be found", async () => {
    const { world, edges } = await mesh();
    const stop = new AbortController();
    const registered = settled(edges[0]!.register("name", () => 1, { signal: stop.signal }));
    await world.advance(3);
    stop.abort();
    expect(await world.run(registered)).toBe("cancelled");
    await world.advance(3_000);
    expect(edges[0]!.status().procedures).toEqual([]);
    expect(await calls(world, edges.slice(1))).toEqual([
      "no_provider",
      "no_provider",
      "no_provider",
    ]);
    for (const edge of edges.slice(1)) expect(edge.status().counters.calls_failed ?? 0).toBe(0);
    expect(edges[0]!.status().counters.calls_failed ?? 0).toBe(0);
  });
});

describe("a lookup", () => {
  it("ends with the first answer that has a provider: nobody is asked after that", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 2] } });
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
    for (const number of numbers) {
      const options = {
        mode: "gateway",
        listen: true,
        bootstrap: numbers.slice(0, number),
      } as const;
      await startSimNode(world, number, options);
    }
    const provider = await startSimNode(world, 8, { mode: "edge", bootstrap: [0] });
    const client = await startSimNode(world, 9, { mode: "edge", bootstrap: numbers });
    await world.run(provider.ready());
    await world.advance(2_000);
    const registration = await world.run(provider.register("name", () => "it"));
    expect(registration.copies).toBe(8);
    const sent = () => client.status().links.reduce((sum, link) => sum + link.framesSent, 0);
    const before = sent();
    expect(await calls(world, [client])).toEqual(["it"]);
    // Three that are asked at once, and the call itself; it may have to be sent a second way.
    expect(sent() - before).toBeLessThan(7);
  });
});
