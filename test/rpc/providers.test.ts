import { describe, expect, it } from "vitest";
import { parseNodeId } from "../../src/base/id.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { Client } from "../../src/rpc/client.ts";
import { MESH_ALONE } from "../../src/rpc/ways.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { composeIn } from "../sim/composed.ts";
import { line, never, outcome, settled } from "./line.ts";

describe("providers", () => {
  it("are found no more once they have unregistered", async () => {
    const { world, client, provider } = await line(2);
    const registration = await world.run(provider.register("echo", (args) => args));
    expect(registration).toMatchObject({ procedure: "echo", copies: 2 });
    expect(await outcome(world, client.call("echo", 1))).toBe(1);
    await world.run(registration.unregister());
    expect(await outcome(world, client.call("echo", 1))).toBe("no_provider");
    await world.run(provider.register("echo", () => "again"));
    expect(await outcome(world, client.call("echo", 1))).toBe("again");
  });

  it("that refuse are followed by others", async () => {
    const { world, client, gateways, provider } = await line(2);
    const first = await world.run(provider.register("echo", () => "provider"));
    await world.run(gateways[1]!.register("echo", () => "gateway"));
    const answers = new Set<unknown>();
    for (let at = 0; at < 20; at++) answers.add(await outcome(world, client.call("echo")));
    expect(answers).toEqual(new Set(["provider", "gateway"]));
    await world.run(first.unregister());
    for (let at = 0; at < 20; at++) {
      expect(await outcome(world, client.call("echo"))).toBe("gateway");
    }
  });

  it("that refuse are followed by two others at most", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const refusing: MeshNode[] = [];
    for (const number of [1, 2, 3, 4, 5])
      refusing.push(await startSimNode(world, number, { mode: "gateway", listen: true }));
    const parts = await composeIn(world, 0, { mode: "edge", bootstrap: [1, 2, 3, 4, 5] });
    await world.advance(1_000);
    const providers = refusing.map(({ id }) => ({ id: parseNodeId(id), anchors: [] }));
    const asked = { providers, asked: 1, answered: 1 };
    const directory = { known: () => providers, find: async () => asked, drop: () => {} };
    const client = new Client(parts.context, parts.courier, parts.router, directory, MESH_ALONE);
    expect(await outcome(world, client.call("x", null, {}))).toBe("no_provider");
    const refusals = refusing.map((node) => node.status().counters.calls_failed ?? 0);
    expect(refusals.sort()).toEqual([0, 0, 1, 1, 1]);
  });

  it("that go away during a call end it at once where they are linked", async () => {
    const { world, client, provider } = await line(0);
    await world.run(provider.register("slow", never));
    const call = settled(client.call("slow", 1, { timeout: 60_000 }));
    await world.advance(500);
    const started = world.clock.now();
    await world.run(provider.close());
    expect(await world.run(call)).toBe("provider_gone");
    expect(world.clock.now() - started).toBeLessThan(5_000);
  });

  it("say which name is wrong or taken", async () => {
    const { world, provider } = await line(1);
    const code = (name: string) =>
      outcome(
        world,
        provider.register(name, () => 1),
      );
    expect(await code("")).toBe("bad_config");
    expect(await code("é".repeat(128))).toBe("bad_config");
    expect(await code("x".repeat(255))).toMatchObject({ copies: 1 });
    expect(await code("x".repeat(255))).toBe("bad_config");
    expect(provider.status().procedures).toEqual(["x".repeat(255)]);
  });

  it("that nobody can find say so, and provide nothing", async () => {
    const { world, provider } = await line(1);
    world.network.conditions.partition([[world.ip(2)], [world.ip(1), world.ip(0)]]);
    await world.advance(10_000);
    const options = { timeout: 2_000 };
    expect(
      await outcome(
        world,
        provider.register("echo", () => 1, options),
      ),
    ).toBe("store_failed");
    expect(provider.status().procedures).toEqual([]);
  });
});

describe("explain", () => {
  it("names every node of the way, in its order", async () => {
    const { world, client, gateways, provider } = await line(3);
    await world.run(provider.register("echo", (args) => args));
    await world.run(client.call("echo", 1));
    const { result, report } = await world.run(client.explain("echo", 7));
    expect(result).toBe(7);
    expect(report.hops.map((hop) => hop.node)).toEqual([
      ...gateways.map((node) => node.id),
      provider.id,
    ]);
    expect(report.hops.map((hop) => hop.rule)).toEqual(["cached", "cached", "cached", "deliver"]);
    expect(report).toMatchObject({
      strategy: "multi_hop",
      provider: provider.id,
      error: undefined,
    });
  });

  it("reports a failure and never rejects", async () => {
    const { world, client } = await line(1);
    const { result, report } = await world.run(client.explain("nowhere"));
    expect(result).toBeUndefined();
    expect(report.error?.code).toBe("no_provider");
    expect(report.attempts).toEqual([]);
  });

  it("tells of each attempt where it went, how that was chosen, and what became of it", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    const { report: good } = await world.run(client.explain("echo", 7));
    const via = gateways[0]?.id;
    expect(good.attempts.at(-1)).toMatchObject({ provider: provider.id, via, failure: undefined });
    // The provider goes without a word, which its forwarder finds out.
    world.crash(2);
    const { report } = await world.run(client.explain("echo", 7, { timeout: 3_000 }));
    expect(report.error?.code).toBe("no_route");
    expect(report.attempts[0]).toMatchObject({ provider: provider.id, via, rule: "cached" });
    expect(report.attempts[0]?.failure).toMatchObject({ code: "no_route" });
    expect(report.attempts[0]?.failure?.message).toContain("no way on");
    // The forwarder was reached, which stands in the report of a failed call, too.
    expect(report.hops.map(({ node }) => node)).toContain(via);
  });
});
