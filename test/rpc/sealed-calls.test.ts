import { describe, expect, it } from "vitest";
import { idText, parseNodeId } from "../../src/base/id.ts";
import type { CallContext } from "../../src/rpc/handler.ts";
import { HandlerError } from "../../src/rpc/handler-error.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeCall, writeCast } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { SEAL } from "../../src/wire/route-frame.ts";
import { payload, RawPeer, routeFrame } from "../peer/raw-peer.ts";
import { turned } from "../seal/ends.ts";
import { FarEnd, viewOf } from "../seal/far-end.ts";
import { hostileHop, replyTo, resultOf } from "./hostile-hop.ts";
import { line, settled } from "./line.ts";

/** What must be seen by nobody but the two ends. */
const CANARY = "canary-7f3a9c51";

/** All bytes that pass between the nodes of a world from now on, as a hop sees them. */
function captured(world: World): Buffer[] {
  const seen: Buffer[] = [];
  const add = world.trace.add.bind(world.trace);
  world.trace.add = (...fact: Parameters<typeof add>) => {
    seen.push(Buffer.from(fact[4]));
    add(...fact);
  };
  return seen;
}

const shows = (seen: readonly Buffer[], text: string): boolean =>
  Buffer.concat(seen as Buffer[]).includes(text);

/** Calls, casts, failures and cancelled calls that are full of canaries, small and large. */
async function singAll({ world, client, provider }: Awaited<ReturnType<typeof line>>) {
  let casts = 0;
  const name = `${CANARY}.procedure`;
  await world.run(provider.register(name, (args) => ({ result: CANARY, args })));
  await world.run(
    provider.register(`${CANARY}.fails`, () => {
      throw new HandlerError("E", `it failed: ${CANARY}`);
    }),
  );
  const count = (): void => {
    casts += 1;
  };
  await world.run(provider.register(`${CANARY}.cast`, count));
  await world.run(provider.register(`${CANARY}.never`, () => new Promise(() => {})));
  for (const length of [1, 10_000, 200_000]) {
    const args = { text: CANARY, bytes: Buffer.alloc(length, CANARY) };
    const result = await world.run(client.call(name, args));
    expect(result).toMatchObject({ result: CANARY, args: { text: CANARY } });
  }
  const failing = client.call(`${CANARY}.fails`, CANARY);
  await expect(world.run(failing)).rejects.toMatchObject({ code: "handler_error" });
  await world.run(client.cast(`${CANARY}.cast`, CANARY));
  const stop = new AbortController();
  const cancelled = settled(client.call(`${CANARY}.never`, CANARY, { signal: stop.signal }));
  await world.advance(200);
  stop.abort();
  expect(await world.run(cancelled)).toBe("cancelled");
  await world.advance(200);
  expect(casts).toBe(1);
  expect(provider.status().bounds.handlersAtWork?.used).toBe(0);
}

describe("what passes forwarders", () => {
  it("shows no name, no argument, no result and no error text", async () => {
    const here = await line(2);
    const seen = captured(here.world);
    await singAll(here);
    expect(seen.length).toBeGreaterThan(100);
    expect(shows(seen, CANARY)).toBe(false);
  });

  it("would be seen here where it is not sealed: on the link of the two ends, which TLS protects", async () => {
    const here = await line(0);
    const seen = captured(here.world);
    await singAll(here);
    expect(shows(seen, CANARY)).toBe(true);
  });
});

describe("the caller of a routed call", () => {
  it("is who it says", async () => {
    const { world, client, provider } = await line(2);
    await world.run(provider.register("who", (_, call: CallContext) => [call.caller, call.hops]));
    expect(await world.run(client.call("who"))).toEqual([client.id, 2]);
  });
});

describe("a provider that was started anew", () => {
  it("answers the calls of those who knew it before, and counts one answer of its key each", async () => {
    const { world, client, provider } = await line(2);
    await world.run(provider.register("count", () => 1));
    expect(await world.run(client.call("count"))).toBe(1);
    await world.run(provider.close());
    const again = await startSimNode(world, 3, { mode: "edge", bootstrap: [2] });
    await world.run(again.ready());
    await world.run(again.register("count", () => 2));
    const calls = Array.from({ length: 20 }, () => client.call("count", null, { timeout: 2_000 }));
    expect(new Set(await world.run(Promise.all(calls)))).toEqual(new Set([2]));
    expect(again.status().counters.box_keys_told).toBe(20);
    await world.run(client.call("count"));
    expect(again.status().counters.box_keys_told).toBe(20);
  });

  it("is found by its id alone", async () => {
    const { world, client, provider } = await line(2);
    await world.run(provider.register("x", () => 3));
    expect(await world.run(client.call("x", null, { provider: provider.id }))).toBe(3);
    await world.run(client.cast("x", null, { provider: provider.id }));
    expect(provider.status().counters.box_keys_told).toBe(1);
  });
});

describe("a hostile hop", () => {
  it("gets nothing accepted but what the provider has said", async () => {
    const { world, node, hop, provider, call, last } = await hostileHop();
    const one = call();
    await hop.settle();
    await hop.sendData(provider.boxKeyFrame(last()));
    const first = replyTo(provider, last(), 1);
    const other = call();
    await hop.settle();
    const second = replyTo(provider, last(), 2);
    const { bodyStart } = viewOf(first);
    const swapped = first.slice();
    swapped.set(second.subarray(bodyStart + 8), bodyStart + 8);
    const unsealed = first.slice();
    unsealed[viewOf(first).destinationAt + 83] = 0;
    for (const hostile of [swapped, unsealed, first.slice(0, -1)]) {
      new DataView(hostile.buffer).setUint32(4, hostile.length - 8);
      await hop.sendData(hostile);
    }
    for (let bit = bodyStart * 8; bit < first.length * 8; bit += 37) {
      await hop.sendData(turned(first, bit));
    }
    expect(node.status().bounds.callsPending?.used).toBe(2);
    for (const frame of [second, second, first, first]) await hop.sendData(frame);
    expect([await world.run(one), await world.run(other)]).toEqual([1, 2]);
  });

  it("can have a call sealed anew by the provider's own word alone", async () => {
    const { world, node, hop, provider, call, asked, last } = await hostileHop();
    const ending = call();
    await hop.settle();
    const impostor = new FarEnd(world, 8);
    const forged = impostor.boxKeyFrame(last());
    forged.set(provider.id, viewOf(forged).sourceAt);
    await hop.sendData(forged);
    expect(asked()).toHaveLength(1);
    expect(node.status().counters.box_keys_forged).toBe(1);
    const answer = provider.boxKeyFrame(last());
    await hop.sendData(answer);
    expect(asked()).toHaveLength(2);
    for (let time = 0; time < 5; time++) await hop.sendData(answer);
    expect(asked()).toHaveLength(2);
    await hop.sendData(replyTo(provider, last(), 7));
    expect(await world.run(ending)).toBe(7);
  });

  it("can't have it sealed anew by the word of another node, though that is its own", async () => {
    const { world, hop, provider, call, asked, last } = await hostileHop();
    const ending = call();
    await hop.settle();
    const impostor = new FarEnd(world, 8);
    await hop.sendData(impostor.boxKeyFrame(last()));
    expect(asked()).toHaveLength(1);
    await hop.sendData(provider.boxKeyFrame(last()));
    await hop.sendData(replyTo(provider, last(), 7));
    expect(await world.run(ending)).toBe(7);
  });

  it("can have it sealed anew three times, even by the provider's word", async () => {
    const { world, hop, provider, call, asked, last } = await hostileHop();
    const ending = call(500);
    await hop.settle();
    for (let time = 0; time < 6; time++) await hop.sendData(provider.boxKeyFrame(last()));
    expect(asked()).toHaveLength(4);
    expect(await world.run(ending)).toBe("timeout");
  });

  it("gets no reply accepted from another node than was asked, though the caller knows it", async () => {
    const { world, node, hop, provider, call, last } = await hostileHop();
    const other = new FarEnd(world, 8);
    const toOther = settled(node.call("x", 1, { provider: idText(other.id) }));
    await hop.settle();
    await hop.sendData(other.boxKeyFrame(last()));
    const inSession = last();
    const ending = call();
    await hop.settle();
    await hop.sendData(provider.boxKeyFrame(last()));
    const opened = other.open(inSession.bytes);
    if (typeof opened === "string") throw new Error(`the call is ${opened}`);
    const stolen = resultOf(last().messageId, 666);
    await hop.sendData(other.reply({ view: inSession, opened }, stolen));
    expect(node.status().counters.replies_unexpected).toBe(1);
    await hop.sendData(replyTo(provider, last(), 7));
    expect(await world.run(ending)).toBe(7);
    await hop.sendData(replyTo(other, inSession, 8));
    expect(await world.run(toOther)).toBe(8);
  });

  it("has no more signatures checked than its share", async () => {
    const { world, node, hop, provider, call, last } = await hostileHop();
    const ending = call();
    await hop.settle();
    const forged = provider.boxKeyFrame(last());
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    for (let time = 0; time < 700; time++) hop.queueData(forged);
    await hop.settle();
    const { box_keys_forged, openings_refused } = node.status().counters;
    expect((box_keys_forged ?? 0) + (openings_refused ?? 0)).toBe(700);
    expect(openings_refused).toBeGreaterThan(150);
    await world.advance(1_000);
    await hop.sendData(provider.boxKeyFrame(last()));
    await hop.sendData(replyTo(provider, last(), 7));
    expect(await world.run(ending)).toBe(7);
  });
});

describe("a neighbour", () => {
  it("is told no more keys than its share", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    const hop = await RawPeer.link(world, 1, 0);
    const asking = { source: hop.id, destination: parseNodeId(node.id), seal: SEAL.asking };
    for (let time = 0; time < 700; time++) hop.queueData(routeFrame(asking));
    await hop.settle();
    const { box_keys_told, openings_refused } = node.status().counters;
    expect((box_keys_told ?? 0) + (openings_refused ?? 0)).toBe(700);
    expect(openings_refused).toBeGreaterThan(150);
  });
});

/** A provider that knows another node, and a hop through which the test plays a caller that has its key. */
async function repeatingHop() {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const third = await startSimNode(world, 3, { mode: "gateway", listen: true, bootstrap: [0] });
  await world.run(third.ready());
  const hop = await RawPeer.link(world, 1, 0);
  const caller = new FarEnd(world, 9);
  const self = parseNodeId(node.id);
  await caller.learn(hop, self);
  return { world, node, hop, caller, self };
}

const NOTHING = Uint8Array.of(0xc0);

/** The payload of a call, always the same one. */
function callBody(procedure: string): Uint8Array {
  const callId = new Uint8Array(16).fill(5);
  return payload((it) => writeCall(it, callId, procedure, 1_000, NOTHING));
}

describe("a call that is repeated on its way", () => {
  it("is executed once, however it is repeated", async () => {
    const { world, node, hop, caller, self } = await repeatingHop();
    let executed = 0;
    await world.run(node.register("count", () => ++executed));
    const cast = payload((it) => writeCast(it, "count", NOTHING));
    const frames = [
      caller.frame(self, {}, callBody("count")),
      caller.frame(self, { payloadType: TYPE.cast }, cast),
    ];
    for (let time = 0; time < 5; time++) for (const frame of frames) await hop.sendData(frame);
    expect(executed).toBe(2);
    const { calls_repeated, frames_dropped } = node.status().counters;
    expect([calls_repeated, frames_dropped]).toEqual([4, 4]);
  });

  it("is executed by nobody who has refused it, until its caller seals it anew", async () => {
    const { world, node, hop, caller, self } = await repeatingHop();
    const refused = caller.frame(self, {}, callBody("late"));
    await hop.sendData(refused);
    let executed = 0;
    await world.run(node.register("late", () => ++executed));
    await hop.sendData(refused);
    expect([executed, node.status().counters.calls_repeated]).toEqual([0, 1]);
    await hop.sendData(caller.frame(self, {}, callBody("late")));
    expect(executed).toBe(1);
  });

  it("is answered the way it came last, where it is still at work then", async () => {
    const { world, node, hop, caller, self } = await repeatingHop();
    const other = await RawPeer.link(world, 2, 0);
    let finish = (_: number): void => {};
    const slow = () => new Promise<number>((resolve) => (finish = resolve));
    await world.run(node.register("slow", slow));
    await hop.sendData(caller.frame(self, {}, callBody("slow")));
    await other.sendData(caller.frame(self, {}, callBody("slow")));
    finish(7);
    await world.advance(50);
    const replies = [hop, other].map(
      ({ received }) =>
        received.filter(({ type, frame }) => {
          return type === TYPE.rpcRoute && viewOf(frame).payloadType === TYPE.reply;
        }).length,
    );
    expect(replies).toEqual([0, 1]);
  });

  it("opens no session beyond what its neighbour may have computed", async () => {
    const { node, hop, caller, self } = await repeatingHop();
    const frame = caller.frame(self, {}, Uint8Array.of(0xc0));
    const broken = turned(frame, frame.length * 8 - 1);
    for (let time = 0; time < 700; time++) hop.queueData(broken);
    await hop.settle();
    expect(node.status().counters.openings_refused).toBeGreaterThan(100);
  });
});
