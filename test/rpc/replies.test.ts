import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { RUNNING_MAX } from "../../src/rpc/server.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { type Call, readCall, writeFailure, writeResult } from "../../src/wire/call.ts";
import { HEADER_BYTES, TYPE } from "../../src/wire/frame.ts";
import { frameOf, RawPeer } from "../peer/raw-peer.ts";
import { never, settled } from "./line.ts";

interface Scene {
  readonly world: World;
  readonly client: MeshNode;
  /** The node that is asked, and one that is not. */
  readonly provider: RawPeer;
  readonly stranger: RawPeer;
}

async function scene(): Promise<Scene> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const client = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const provider = await RawPeer.link(world, 1, 0);
  return { world, client, provider, stranger: await RawPeer.link(world, 2, 0) };
}

function ask({ client, provider }: Scene, args: unknown = null, timeout = 5_000): Promise<unknown> {
  return settled(client.call("any", args, { provider: toHex(provider.id), timeout }));
}

/** The calls that have reached a peer. */
function callsTo(peer: RawPeer): Call[] {
  return peer.received
    .filter(({ type }) => type === TYPE.call)
    .map(({ frame }) => readCall(frame, HEADER_BYTES, frame.length));
}

const result = ({ callId }: Call, value: unknown) =>
  frameOf(TYPE.reply, (writer) => writeResult(writer, callId, value));

const unexpected = ({ client }: Scene) => client.status().counters.replies_unexpected ?? 0;

describe("a reply", () => {
  it("counts from the node that was asked, and from no other", async () => {
    const here = await scene();
    const call = ask(here);
    await here.world.advance(10);
    const [asked] = callsTo(here.provider);
    await here.stranger.sendData(result(asked!, "forged"));
    expect(unexpected(here)).toBe(1);
    await here.provider.sendData(result(asked!, "true"));
    expect(await here.world.run(call)).toBe("true");
    expect(here.stranger.closed).toBeUndefined();
  });

  it("counts once, and not after the call has ended", async () => {
    const here = await scene();
    const call = ask(here, null, 100);
    await here.world.advance(10);
    const [asked] = callsTo(here.provider);
    expect(await here.world.run(call)).toBe("timeout");
    await here.provider.sendData(result(asked!, "late"));
    await here.provider.sendData(result(asked!, "again"));
    expect(unexpected(here)).toBe(2);
    expect(here.provider.closed).toBeUndefined();
  });

  it("that nobody asked for is counted, whatever id it bears", async () => {
    const here = await scene();
    for (const callId of [new Uint8Array(16), new Uint8Array(16).fill(255)]) {
      await here.provider.sendData(result({ callId } as Call, 1));
    }
    expect(unexpected(here)).toBe(2);
    expect(here.provider.closed).toBeUndefined();
  });

  it("with a code that this version does not know is `internal`, with its text", async () => {
    const here = await scene();
    const call = here.client.call("any", null, { provider: toHex(here.provider.id) });
    const failed = call.catch((cause) => cause);
    await here.world.advance(10);
    const [asked] = callsTo(here.provider);
    const frame = frameOf(TYPE.reply, (writer) => {
      writeFailure(writer, asked!.callId, { code: "timeout", remoteCode: "", message: "odd" });
    });
    frame[HEADER_BYTES + 19] = 0x7e;
    await here.provider.sendData(frame);
    expect(await here.world.run(failed)).toMatchObject({ code: "internal", message: "odd" });
  });

  it("that is malformed closes the link and ends the call", async () => {
    const here = await scene();
    const call = ask(here);
    await here.world.advance(10);
    const [asked] = callsTo(here.provider);
    const frame = result(asked!, "x".repeat(10));
    frame[frame.length - 11] = 0xc1;
    await here.provider.sendData(frame);
    expect(await here.world.run(call)).toBe("provider_gone");
    expect(here.provider.closed).toMatchObject({ code: 0x01 });
  });
});

describe("arguments", () => {
  it("arrive as they were when the call was made, also at a provider that is asked later", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const client = await startSimNode(world, 0, { mode: "gateway", listen: true });
    const [busy, idle] = [await edgeOf(world, 1), await edgeOf(world, 2)];
    await world.run(busy.register("any", () => never()));
    await world.run(idle.register("any", (args) => args));
    await world.run(settled(client.call("any", null, { timeout: 100 })));
    for (let at = 0; at < RUNNING_MAX; at++) void settled(busy.call("any"));
    for (let at = 0; at < 10; at++) {
      const args = { list: [at] };
      const call = settled(client.call("any", args));
      args.list.push(-1);
      expect(await world.run(call)).toEqual({ list: [at] });
    }
    expect(busy.status().bounds.handlersAtWork?.used).toBe(RUNNING_MAX);
    expect(busy.status().counters.calls_failed).toBeGreaterThan(0);
  });
});

async function edgeOf(world: World, number: number): Promise<MeshNode> {
  const node = await startSimNode(world, number, { mode: "edge", bootstrap: [0] });
  await world.run(node.ready());
  return node;
}
