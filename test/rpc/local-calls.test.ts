import { describe, expect, it } from "vitest";
import type { CallContext } from "../../src/rpc/handler.ts";
import { HandlerError } from "../../src/rpc/handler-error.ts";
import { line, never, outcome, settled } from "./line.ts";

describe("a call of this very node", () => {
  it("means what a remote call means", async () => {
    const { world, provider } = await line(1);
    const args = { list: [1] };
    await world.run(
      provider.register("own", (value: { list: number[] }, call: CallContext) => {
        value.list.push(call.hops);
        return value;
      }),
    );
    const result = await world.run(provider.call("own", args));
    expect(result).toEqual({ list: [1, 0] });
    expect(args).toEqual({ list: [1] });
  });

  it("fails as a remote call does", async () => {
    const { world, provider } = await line(1);
    const handlers = {
      coded: () => Promise.reject(new HandlerError("mine", "text")),
      crashed: () => Promise.reject(new Error("boom")),
      odd: () => new Set(),
      slow: never,
    };
    for (const [name, handler] of Object.entries(handlers)) {
      await world.run(provider.register(name, handler));
    }
    const code = (name: string) => outcome(world, provider.call(name, 1, { timeout: 100 }));
    expect(await code("coded")).toBe("handler_error");
    expect(await code("crashed")).toBe("handler_crash");
    expect(await code("odd")).toBe("encode_failed");
    expect(await code("slow")).toBe("timeout");
    expect(
      await outcome(
        world,
        provider.call("coded", () => 1),
      ),
    ).toBe("encode_failed");
    expect(await outcome(world, provider.call("other", 1, { provider: provider.id }))).toBe(
      "no_provider",
    );
  });

  it("can be cancelled, before and meanwhile", async () => {
    const { world, provider } = await line(1);
    await world.run(provider.register("slow", never));
    const gone = { signal: AbortSignal.abort() };
    expect(await outcome(world, provider.call("slow", 1, gone))).toBe("cancelled");
    const stop = new AbortController();
    const call = settled(provider.call("slow", 1, { signal: stop.signal }));
    await world.advance(10);
    stop.abort();
    expect(await world.run(call)).toBe("cancelled");
  });
});
