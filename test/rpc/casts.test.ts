import { describe, expect, it } from "vitest";
import { line } from "./line.ts";

describe("a cast", () => {
  it.each([0, 2])("reaches its handler over %i forwarders", async (forwarders) => {
    const { world, client, provider } = await line(forwarders);
    const heard: unknown[] = [];
    await world.run(
      provider.register("log", (args) => {
        heard.push(args);
      }),
    );
    await world.run(client.cast("log", { line: 1 }));
    await world.advance(100);
    expect(heard).toEqual([{ line: 1 }]);
  });

  it("tells nobody of a handler that fails, and harms nothing", async () => {
    const { world, client, provider } = await line(1);
    await world.run(
      provider.register("odd", (args) => {
        if (args === "throw") throw new Error("boom");
        return args === "reject" ? Promise.reject(new Error("boom")) : args;
      }),
    );
    for (const args of ["throw", "reject"]) await world.run(client.cast("odd", args));
    await world.advance(100);
    expect(await world.run(client.call("odd", "fine"))).toBe("fine");
    expect(world.trace.tail(100).filter((it) => it.includes("cast_failed"))).toHaveLength(2);
  });

  it("to a node that does not provide it is dropped and counted", async () => {
    const { world, client, provider } = await line(1);
    await world.run(client.cast("unknown", 1, { provider: provider.id }));
    await world.advance(100);
    expect(provider.status().counters.casts_unknown).toBe(1);
  });

  it("is forgotten after its time", async () => {
    const { world, client, provider } = await line(1);
    await world.run(provider.register("log", () => null));
    for (let at = 0; at < 10; at++) await world.run(client.cast("log", at));
    await world.advance(5_000);
    const { bounds } = client.status();
    expect(Object.values(bounds).every(({ used, max }) => used <= max)).toBe(true);
  });
});
