import { describe, expect, it } from "vitest";
import type { NodeStatus } from "../../src/node/node-status.ts";
import { CASTS_MAX, PROCEDURES_MAX, RUNNING_MAX } from "../../src/rpc/server.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeCall } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { encodeValue } from "../../src/wire/value.ts";
import { frameOf, RawPeer } from "../peer/raw-peer.ts";
import { line, never, outcome, settled } from "./line.ts";

const atWork = (status: NodeStatus) => status.bounds.handlersAtWork?.used;

describe("handlers at work", () => {
  it.each([0, 3])(
    "give their place back when the caller's time is over (%i forwarders)",
    async (n) => {
      const { world, client, provider } = await line(n);
      await world.run(provider.register("slow", never));
      const calls = Array.from({ length: 10 }, () =>
        settled(client.call("slow", null, { timeout: 400 })),
      );
      await world.advance(300);
      expect(atWork(provider.status())).toBe(10);
      expect(await world.run(Promise.all(calls))).toEqual(calls.map(() => "timeout"));
      await world.advance(50);
      expect(atWork(provider.status())).toBe(0);
      expect(client.status().bounds.callsPending?.used).toBe(0);
    },
  );

  it("give it back when the caller cancels", async () => {
    const { world, client, provider } = await line(3);
    await world.run(provider.register("slow", never));
    const stop = new AbortController();
    const call = settled(client.call("slow", null, { signal: stop.signal, timeout: 60_000 }));
    await world.advance(200);
    expect(atWork(provider.status())).toBe(1);
    stop.abort();
    expect(await world.run(call)).toBe("cancelled");
    await world.advance(50);
    expect(atWork(provider.status())).toBe(0);
  });

  it("are bounded: one more call is refused, unless another provider takes it", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("slow", never));
    const local = Array.from({ length: RUNNING_MAX }, () => settled(provider.call("slow")));
    expect(atWork(provider.status())).toBe(RUNNING_MAX);
    expect(await outcome(world, provider.call("slow"))).toBe("overloaded");
    expect(await outcome(world, client.call("slow", null, { timeout: 1_000 }))).toBe("overloaded");
    await world.run(gateways[0]!.register("slow", () => "done"));
    await world.advance(1_000);
    const there = { provider: provider.id, timeout: 1_000 };
    expect(await outcome(world, client.call("slow", null, there))).toBe("overloaded");
    for (let at = 0; at < 10; at++) expect(await outcome(world, client.call("slow"))).toBe("done");
    await world.run(Promise.all(local));
    expect(atWork(provider.status())).toBe(0);
  });

  it("count casts too, which are dropped beyond their bound and leave calls alone", async () => {
    const { world, client, provider } = await line(0);
    let started = 0;
    await world.run(
      provider.register("slow", () => {
        started += 1;
        return never();
      }),
    );
    for (let at = 0; at < CASTS_MAX + 5; at++)
      await client.cast("slow", at, { provider: provider.id });
    await world.advance(1_000);
    expect(started).toBe(CASTS_MAX);
    expect(provider.status().bounds.castsAtWork).toEqual({ used: CASTS_MAX, max: CASTS_MAX });
    expect(provider.status().counters.casts_refused).toBe(5);
    await world.run(provider.register("quick", () => 1));
    expect(await outcome(world, client.call("quick"))).toBe(1);
  });

  it("give the place of a cast back when they are done, and after an hour", async () => {
    const { world, client, provider } = await line(0);
    let signal: AbortSignal | undefined;
    await world.run(
      provider.register("job", (how, call) => {
        if (how === "hang") signal = call.signal;
        if (how === "hang") return never();
        return how === "fail" ? Promise.reject(new Error("no")) : Promise.resolve();
      }),
    );
    for (const how of ["done", "fail", "hang"]) await world.run(client.cast("job", how));
    await world.advance(100);
    expect(provider.status().bounds.castsAtWork?.used).toBe(1);
    expect(signal?.aborted).toBe(false);
    await world.advance(3_600_000);
    expect(provider.status().bounds.castsAtWork?.used).toBe(0);
    expect(signal?.aborted).toBe(true);
  });
});

describe("calls that wait", () => {
  it("are forgotten with their answers, on all nodes of the way", async () => {
    const { world, client, gateways, provider } = await line(3);
    await world.run(provider.register("echo", (args) => args));
    const calls = Array.from({ length: 200 }, (_, at) => client.call("echo", at));
    await world.run(Promise.all(calls));
    await world.advance(5_000);
    for (const node of [client, ...gateways, provider]) {
      const { bounds } = node.status();
      for (const name of ["messagesUnderWay", "routeSearches", "handlersAtWork", "callsPending"]) {
        expect([name, bounds[name]?.used]).toEqual([name, 0]);
      }
    }
  });
});

describe("a call that comes twice", () => {
  it("while its handler is at work runs once, and is counted", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    let started = 0;
    await world.run(
      node.register("slow", () => {
        started += 1;
        return never();
      }),
    );
    const peer = await RawPeer.link(world, 1, 0);
    const frame = frameOf(TYPE.call, (writer) =>
      writeCall(writer, new Uint8Array(16).fill(7), "slow", 1_000, encodeValue(null)),
    );
    for (let at = 0; at < 5; at++) await peer.sendData(frame);
    expect(started).toBe(1);
    expect(node.status().counters.calls_repeated).toBe(4);
    expect(atWork(node.status())).toBe(1);
    await world.advance(1_100);
    expect(atWork(node.status())).toBe(0);
  });

  it("after its handler has failed is told so again, and not executed", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    let started = 0;
    const fail = () => {
      started += 1;
      throw new Error("no");
    };
    await world.run(node.register("fails", fail));
    const peer = await RawPeer.link(world, 1, 0);
    const frame = frameOf(TYPE.call, (writer) =>
      writeCall(writer, new Uint8Array(16).fill(7), "fails", 1_000, encodeValue(null)),
    );
    for (let at = 0; at < 3; at++) await peer.sendData(frame);
    expect([started, peer.types.filter((type) => type === TYPE.reply).length]).toEqual([1, 3]);
  });
});

describe("a node", () => {
  it("provides 4,096 procedures and no more", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    const register = (name: string) => node.register(name, () => 1);
    await world.run(
      Promise.all(Array.from({ length: PROCEDURES_MAX }, (_, at) => register(`${at}`))),
    );
    await expect(world.run(register("more"))).rejects.toMatchObject({ code: "bad_config" });
    expect(node.status().procedures).toHaveLength(PROCEDURES_MAX);
  });

  it("that closes tells the handlers at work", async () => {
    const { world, client, provider } = await line(1);
    const signals: AbortSignal[] = [];
    await world.run(
      provider.register("slow", (_, call) => {
        signals.push(call.signal);
        return never();
      }),
    );
    const call = settled(client.call("slow"));
    await world.run(client.cast("slow"));
    await world.advance(100);
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false]);
    await world.run(provider.close());
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
    await world.run(call);
  });
});
