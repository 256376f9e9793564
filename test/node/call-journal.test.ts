import { describe, expect, it } from "vitest";
import type { CallReport, MeshNode } from "../../src/node/api.ts";
import { line, never, outcome } from "../rpc/line.ts";

/** `strategy outcome count` of what a node has counted, without what never happened. */
function outcomes(node: MeshNode): string[] {
  return node
    .status()
    .calls.outcomes.filter(({ count }) => count > 0)
    .map(({ strategy, outcome, count }) => `${strategy} ${outcome} ${count}`);
}

describe("what a node counts of its calls", () => {
  it("is how each one ended, by the way it left", async () => {
    const { world, client, gateways, provider } = await line(2);
    await world.run(provider.register("echo", (args) => args));
    await world.run(provider.register("slow", never));
    await world.run((gateways[0] as MeshNode).register("near", (args) => args));
    for (let i = 0; i < 3; i++) await world.run(client.call("echo", i));
    await world.run(client.call("near", 1));
    expect(await outcome(world, client.call("slow", 1, { timeout: 300 }))).toBe("timeout");
    expect(await outcome(world, client.call("none"))).toBe("no_provider");
    expect(outcomes(client)).toEqual([
      "direct ok 1",
      "multi_hop ok 3",
      "multi_hop timeout 1",
      "none no_provider 1",
    ]);
  });

  it("is how long those with a result took, and over how many forwarders", async () => {
    const { world, client, provider } = await line(3);
    await world.run(provider.register("echo", (args) => args));
    const before = world.clock.now();
    for (let i = 0; i < 5; i++) await world.run(client.call("echo", i));
    const { latency, hops } = client.status().calls;
    expect(latency.multi_hop.sum).toBeCloseTo(world.clock.now() - before, 6);
    expect(latency.multi_hop.counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(latency.direct.sum).toBe(0);
    expect(hops.counts[hops.bounds.indexOf(3)]).toBe(5);
    expect(hops.sum).toBe(15);
  });

  it("counts what is passed on for others, in frames and bytes, and what is executed", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    const gateway = gateways[0] as MeshNode;
    const counted = (name: string, node = gateway): number => node.status().counters[name] ?? 0;
    await world.run(client.call("echo", "a"));
    const [frames, bytes] = [counted("frames_forwarded"), counted("bytes_forwarded")];
    await world.run(client.call("echo", "a".repeat(1_000)));
    expect(counted("frames_forwarded") - frames).toBe(2);
    expect(counted("bytes_forwarded") - bytes).toBeGreaterThan(2_000);
    expect(counted("bytes_forwarded") - bytes).toBeLessThan(2_600);
    expect(counted("calls_executed", provider)).toBe(2);
  });

  it("counts records that were brought to it, and those it asked others to hold", async () => {
    const { world, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    expect(provider.status().counters).toMatchObject({ stores: 1 });
    expect(provider.status().counters.stores_failed).toBeUndefined();
    expect((gateways[0] as MeshNode).status().counters).toMatchObject({ records_stored: 1 });
  });
});

describe("the event of a call", () => {
  it("tells how each one went, and of one a second every station", async () => {
    const { world, client, gateways, provider } = await line(2);
    await world.run(provider.register("echo", (args) => args));
    const reports: CallReport[] = [];
    const stop = client.on("call", (report) => reports.push(report));
    for (let i = 0; i < 3; i++) await world.run(client.call("echo", i));
    await world.advance(1_000);
    await world.run(client.call("echo", 3));
    expect(reports.map(({ forwarders }) => forwarders)).toEqual([2, 2, 2, 2]);
    const way = [...gateways.map(({ id }) => id), provider.id];
    const [first, second, third, fourth] = reports.map(({ hops }) => hops.map(({ node }) => node));
    expect([first, second, third, fourth]).toEqual([way, [], [], way]);
    stop();
    await world.run(client.call("echo", 4));
    expect(reports).toHaveLength(4);
  });

  it("tells of a call that failed, with its error", async () => {
    const { world, client, provider } = await line(1);
    await world.run(provider.register("slow", never));
    const reports: CallReport[] = [];
    client.on("call", (report) => reports.push(report));
    await outcome(world, client.call("slow", 1, { timeout: 200 }));
    expect(reports).toMatchObject([
      { procedure: "slow", provider: undefined, forwarders: undefined, error: { code: "timeout" } },
    ]);
  });

  it("is not put together, and nothing is traced, while nobody listens", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    await world.run(client.call("echo", 1));
    const sent = (): number =>
      (gateways[0] as MeshNode).status().links.reduce((sum, link) => sum + link.framesSent, 0);
    const before = sent();
    await world.run(client.call("echo", 2));
    // The call, its reply, and what tells that they were taken; a report would be one more.
    const untraced = sent() - before;
    client.on("call", () => {});
    const [start] = [sent()];
    await world.run(client.call("echo", 3));
    expect(sent() - start).toBeGreaterThan(untraced);
  });
});
