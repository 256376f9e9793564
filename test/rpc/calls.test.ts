import { describe, expect, it } from "vitest";
import type { MeshError } from "../../src/base/errors.ts";
import type { CallContext } from "../../src/rpc/handler.ts";
import { HandlerError } from "../../src/rpc/handler-error.ts";
import { line, never, outcome, settled } from "./line.ts";

/** The failure of a call, as its caller gets it. */
async function failed(world: { run<T>(work: Promise<T>): Promise<T> }, call: Promise<unknown>) {
  const error = await world.run(
    call.then(
      () => undefined,
      (cause: MeshError) => cause,
    ),
  );
  if (error === undefined) throw new Error("the call succeeded");
  return error;
}

describe.each([
  ["a linked node", 0],
  ["a node behind one forwarder", 1],
  ["a node behind three forwarders", 3],
])("a call of %s", (_, forwarders) => {
  it.each([
    ["nothing", null],
    ["numbers", [0, -1, 1.5, 2 ** 40, -(2 ** 53) + 1]],
    ["a bigint, a date and bytes", { a: 5n, b: new Date(1), c: Uint8Array.of(1, 2) }],
    ["text of every kind", "déjà vu €😀\0"],
  ])("carries %s there and back", async (__, value) => {
    const { world, client, provider } = await line(forwarders);
    const seen: unknown[] = [];
    await world.run(
      provider.register("echo", (args) => {
        seen.push(args);
        return args;
      }),
    );
    expect(await world.run(client.call("echo", value))).toEqual(value);
    expect(seen).toEqual([value]);
  });

  it("tells the handler who calls, from how far, and for what", async () => {
    const { world, client, provider } = await line(forwarders);
    const seen: unknown[] = [];
    await world.run(
      provider.register("who", (__, call: CallContext) => {
        seen.push([call.procedure, call.caller, call.hops, call.signal.aborted]);
      }),
    );
    expect(await world.run(client.call("who"))).toBeNull();
    expect(seen).toEqual([["who", client.id, forwarders, false]]);
  });

  it("brings a handler's own failure with code and message, and never a stack", async () => {
    const { world, client, provider } = await line(forwarders);
    await world.run(
      provider.register("stock", () => {
        throw new HandlerError("out_of_stock", "none left");
      }),
    );
    const error = await failed(world, client.call("stock"));
    expect(error).toMatchObject({
      code: "handler_error",
      remote: { code: "out_of_stock", message: "none left" },
    });
    expect(JSON.stringify(error.remote)).not.toContain("calls.test");
  });

  it.each([
    [
      "throws",
      () => {
        throw new TypeError("boom");
      },
    ],
    ["rejects", () => Promise.reject(new TypeError("boom"))],
  ])("tells of a handler that %s", async (__, handler) => {
    const { world, client, provider } = await line(forwarders);
    await world.run(provider.register("broken", handler));
    const error = await failed(world, client.call("broken"));
    expect(error).toMatchObject({ code: "handler_crash", remote: undefined });
    expect(error.message).toContain("boom");
  });

  it.each([
    ["a function", () => () => 1],
    ["a promise of a map", () => Promise.resolve(new Map())],
  ])("tells of a result without encoding: %s", async (__, handler) => {
    const { world, client, provider } = await line(forwarders);
    await world.run(provider.register("odd", handler));
    expect((await failed(world, client.call("odd"))).code).toBe("encode_failed");
  });

  it("tells of a result that is too large", async () => {
    const { world, client, provider } = await line(forwarders);
    await world.run(provider.register("huge", () => new Uint8Array((16 << 20) + 1)));
    expect((await failed(world, client.call("huge"))).code).toBe("too_large");
  });

  it("ends with timeout when there is no answer in time, and the handler learns of it", async () => {
    const { world, client, provider } = await line(forwarders);
    let signal: AbortSignal | undefined;
    await world.run(
      provider.register("slow", (__, call: CallContext) => {
        signal = call.signal;
        return never();
      }),
    );
    const started = world.clock.now();
    expect((await failed(world, client.call("slow", 1, { timeout: 300 }))).code).toBe("timeout");
    expect(world.clock.now() - started).toBeLessThan(350);
    await world.advance(100);
    expect(signal?.aborted).toBe(true);
  });

  it("ends with cancelled at once when its caller does not want it, here and there", async () => {
    const { world, client, provider } = await line(forwarders);
    const stop = new AbortController();
    let signal: AbortSignal | undefined;
    await world.run(
      provider.register("slow", (__, call: CallContext) => {
        signal = call.signal;
        return never();
      }),
    );
    const call = client.call("slow", 1, { signal: stop.signal });
    const ending = settled(call);
    await world.advance(500);
    expect(signal?.aborted).toBe(false);
    stop.abort();
    expect(await world.run(ending)).toBe("cancelled");
    await world.advance(100);
    expect(signal?.aborted).toBe(true);
  });

  it("carries megabytes there and back, and small calls meanwhile", async () => {
    const { world, client, provider } = await line(forwarders);
    await world.run(provider.register("echo", (args) => args));
    const large = Uint8Array.from({ length: 3_000_000 }, (__, at) => at % 251);
    const calls = Array.from({ length: 12 }, () => client.call("echo", large, { timeout: 60_000 }));
    expect(await world.run(client.call("echo", "small"))).toBe("small");
    const results = await world.run(Promise.all(calls));
    expect(results.every((it) => Buffer.compare(it as Uint8Array, large) === 0)).toBe(true);
  });

  it("of an unknown procedure ends with no_provider", async () => {
    const { world, client } = await line(forwarders);
    expect((await failed(world, client.call("nowhere"))).code).toBe("no_provider");
    const cast = await failed(world, client.cast("nowhere"));
    expect(cast.code).toBe("no_provider");
    expect(cast.message).toMatch(/[1-9] nodes were asked and [1-9] answered/);
  });

  it("fails with closed when its own node ends meanwhile", async () => {
    const { world, client, provider } = await line(forwarders);
    await world.run(provider.register("slow", never));
    const call = settled(client.call("slow"));
    await world.advance(200);
    await world.run(client.close());
    expect(await call).toBe("closed");
    expect(await outcome(world, client.call("slow"))).toBe("closed");
    expect(await outcome(world, client.ready())).toBe("closed");
  });
});
