import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { CallOptions } from "../../src/rpc/call-options.ts";
import type { Handler } from "../../src/rpc/handler.ts";
import { HandlerError } from "../../src/rpc/handler-error.ts";
import { line, never, outcome } from "./line.ts";

describe("what users of no types give", () => {
  it.each<[string, unknown]>([
    ["empty", ""],
    ["longer than 255 bytes", "é".repeat(128)],
    ["no string", 5],
    ["missing", undefined],
  ])("a name that is %s is refused before it leaves", async (_, name) => {
    const { world, client, provider } = await line(0);
    const there = { provider: provider.id };
    expect(await outcome(world, client.call(name as string, 1, there))).toBe("bad_config");
    expect(await outcome(world, client.cast(name as string, 1, there))).toBe("bad_config");
    expect(
      await outcome(
        world,
        client.register(name as string, () => 1),
      ),
    ).toBe("bad_config");
    expect(client.status().links).toHaveLength(1);
  });

  it("a name of 255 bytes is called as any other", async () => {
    const { world, client, provider } = await line(1);
    const name = "é".repeat(127);
    await world.run(provider.register(name, () => "here"));
    expect(await outcome(world, client.call(name))).toBe("here");
  });

  it.each<[string, unknown]>([
    ["signal", { signal: {} }],
    ["signal", { signal: null }],
    ["provider", { provider: 5 }],
    ["timeout", { timeout: "soon" }],
    ["maxHops", { maxHops: "3" }],
  ])("a %s of another kind is refused, and no call is left waiting", async (_, options) => {
    const { world, client, provider } = await line(0);
    await world.run(provider.register("echo", (args) => args));
    expect(await outcome(world, client.call("echo", 1, options as CallOptions))).toBe("bad_config");
    expect(client.status().bounds.callsPending?.used).toBe(0);
  });

  it("a handler that is no function is refused, and the name stays free", async () => {
    const { world, provider } = await line(0);
    const handler = { handle: () => 1 } as unknown as Handler;
    expect(await outcome(world, provider.register("odd", handler))).toBe("bad_config");
    expect(
      await outcome(
        world,
        provider.register("odd", () => 1),
      ),
    ).toMatchObject({ copies: 1 });
  });
});

describe("what handlers throw", () => {
  it.each<[string, unknown, string]>([
    ["null", null, "null"],
    ["nothing", undefined, "undefined"],
    ["a text", "out of order", "out of order"],
    ["a symbol", Symbol("odd"), "Symbol(odd)"],
    ["an object without a text", Object.create(null), "no text"],
    [
      "an error whose message is none",
      Object.assign(new Error(), { message: Symbol("x") }),
      "no text",
    ],
    ["a text of a megabyte", "x".repeat(1 << 20), "xxx"],
  ])(
    "%s becomes handler_crash, thrown or rejected, over a link or not",
    async (_, thrown, text) => {
      const { world, client, provider } = await line(1);
      await world.run(
        provider.register("throws", () => {
          throw thrown;
        }),
      );
      await world.run(provider.register("rejects", () => Promise.reject(thrown)));
      for (const name of ["throws", "rejects"]) {
        for (const caller of [client, provider]) {
          const { report } = await world.run(caller.explain(name));
          expect(report.error?.code).toBe("handler_crash");
          expect(report.error?.message).toContain(text);
        }
        expect(await outcome(world, client.cast(name))).toBeUndefined();
      }
      await world.advance(100);
      expect(provider.status().links).toHaveLength(1);
    },
  );

  it("a HandlerError with odd parts still reaches the caller", async () => {
    const { world, client, provider } = await line(1);
    await world.run(
      provider.register("odd", (args) => {
        throw new HandlerError(
          args === "number" ? (404 as never) : "c".repeat(500),
          "m".repeat(5_000),
        );
      }),
    );
    const number = (await world.run(client.explain("odd", "number"))).report.error;
    expect(number?.remote).toMatchObject({ code: "404" });
    const long = (await world.run(client.explain("odd", "long"))).report.error;
    expect(long).toMatchObject({ code: "handler_error" });
    expect(long?.remote?.code).toBe("c".repeat(42));
    expect(long?.remote?.message).toBe("m".repeat(341));
  });

  it("what resolves to something odd is told too", async () => {
    const { world, client, provider } = await line(1);
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested.
      then: () => {
        throw new Error("no promise");
      },
    };
    await world.run(provider.register("thenable", () => thenable));
    expect(await outcome(world, client.call("thenable"))).toBe("handler_crash");
    expect(provider.status().bounds.handlersAtWork?.used).toBe(0);
  });
});

describe("a registration", () => {
  it("that has ended ends no later one of its name", async () => {
    const { world, client, provider } = await line(1);
    const first = await world.run(provider.register("echo", () => "first"));
    await world.run(first.unregister());
    await world.run(provider.register("echo", () => "second"));
    await world.run(first.unregister());
    await world.run(first[Symbol.asyncDispose]());
    expect(await outcome(world, client.call("echo"))).toBe("second");
    expect(provider.status().procedures).toEqual(["echo"]);
  });
});

describe("a handler that calls others", () => {
  it("may fail as its own call did: that is a crash of it, and no other provider is asked", async () => {
    const { world, client, gateways, provider } = await line(1);
    let started = 0;
    const relay = () => {
      started += 1;
      return provider.call("nowhere");
    };
    await world.run(provider.register("relay", relay));
    await world.run(gateways[0]!.register("relay", relay));
    const { report } = await world.run(client.explain("relay"));
    expect(report.error).toMatchObject({ code: "handler_crash" });
    expect(report.error?.message).toContain('provider of "nowhere"');
    expect(started).toBe(1);
    expect(await outcome(world, provider.call("relay"))).toBe("handler_crash");
  });
});

describe("the signal of a caller", () => {
  it("is let go when its calls are over, however they end", async () => {
    const { world, client, provider } = await line(1);
    await world.run(provider.register("echo", (args) => (args === "never" ? never() : args)));
    const { signal } = new AbortController();
    const options = { signal, timeout: 500 };
    for (const node of [client, provider]) {
      await outcome(world, node.call("echo", 1, options));
      await outcome(world, node.call("echo", "never", options));
      await outcome(world, node.call("nowhere", 1, options));
      await outcome(world, node.cast("echo", 1, options));
      await outcome(world, node.ready(options));
    }
    await outcome(
      world,
      client.register("own", () => 1, options),
    );
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
