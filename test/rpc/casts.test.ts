import { describe, expect, it } from "vitest";
import { parseNodeId } from "../../src/base/id.ts";
import { writeCast } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { RawPeer } from "../peer/raw-peer.ts";
import { FarEnd } from "../seal/far-end.ts";
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

  it("that comes again, as another attempt too, is executed once", async () => {
    const { world, gateways, provider } = await line(1);
    let runs = 0;
    const log = (): null => {
      runs += 1;
      return null;
    };
    await world.run(provider.register("log", log));
    const way = await RawPeer.link(world, 7, 1);
    const far = new FarEnd(world, 8);
    const self = parseNodeId(provider.id);
    await far.learn(way, self);
    await world.advance(200);
    const writer = new FrameWriter();
    writer.beginBare();
    writeCast(writer, "log", Uint8Array.of(0xc0));
    for (const [attempt, counter] of [
      [0, 1],
      [1, 1],
      [0, 2],
    ] as const) {
      const messageId = new Uint8Array(16).fill(3, 0, 9);
      messageId[9] = attempt;
      messageId[15] = counter;
      await way.sendData(far.frame(self, { messageId, payloadType: TYPE.cast }, writer.copy()));
      await world.advance(200);
    }
    expect([runs, provider.status().counters.casts_repeated]).toEqual([2, 1]);
    expect(gateways[0]?.status().counters.frames_refused ?? 0).toBe(0);
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
