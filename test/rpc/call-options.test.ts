import { describe, expect, it } from "vitest";
import { line, outcome } from "./line.ts";

describe("options of a call", () => {
  it.each([
    [{ timeout: 0 }],
    [{ timeout: -1 }],
    [{ timeout: Number.NaN }],
    [{ timeout: 3_600_001 }],
    [{ maxHops: -1 }],
    [{ maxHops: 17 }],
    [{ maxHops: 1.5 }],
    [{ provider: "nobody" }],
  ])("are refused: %j", async (options) => {
    const { world, client } = await line(0);
    expect(await outcome(world, client.call("echo", 1, options))).toBe("bad_config");
    expect(await outcome(world, client.cast("echo", 1, options))).toBe("bad_config");
  });

  it("a signal that has fired already cancels at once", async () => {
    const { world, client } = await line(0);
    const options = { signal: AbortSignal.abort() };
    expect(await outcome(world, client.call("echo", 1, options))).toBe("cancelled");
    expect(await outcome(world, client.cast("echo", 1, options))).toBe("cancelled");
  });

  it("arguments without encoding fail at once, and are not looked at again after the call", async () => {
    const { world, client, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    expect(
      await outcome(
        world,
        client.call("echo", () => 1),
      ),
    ).toBe("encode_failed");
    expect(await outcome(world, client.cast("echo", new Map()))).toBe("encode_failed");
    const args = { a: 1 };
    const call = world.run(client.call("echo", args));
    args.a = 2;
    expect(await call).toEqual({ a: 1 });
  });

  it("maxHops bounds the way", async () => {
    const { world, client, provider } = await line(3);
    await world.run(provider.register("echo", (args) => args));
    expect(await outcome(world, client.call("echo", 1, { maxHops: 2 }))).toBe("max_hops_exceeded");
    expect(await outcome(world, client.call("echo", 1, { maxHops: 3 }))).toBe(1);
    expect(await outcome(world, client.call("echo", 1, { maxHops: 0 }))).toBe("max_hops_exceeded");
  });

  it("provider names the one node to ask", async () => {
    const { world, client, gateways, provider } = await line(2);
    const other = gateways[0]!;
    await world.run(provider.register("name", () => "provider"));
    await world.run(other.register("name", () => "gateway"));
    for (const [node, name] of [
      [provider, "provider"],
      [other, "gateway"],
    ] as const) {
      const options = { provider: node.id.toUpperCase() };
      expect(await outcome(world, client.call("name", 1, options))).toBe(name);
    }
    const absent = gateways[1]!.id;
    expect(await outcome(world, client.call("name", 1, { provider: absent }))).toBe("no_provider");
    const nobody = "ab".repeat(32);
    expect(await outcome(world, client.call("name", 1, { provider: nobody }))).toBe("no_route");
  });
});
