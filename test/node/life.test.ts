import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { line, never, outcome, settled } from "../rpc/line.ts";

/** What `work` has come to after `time`; "pending" where it has not. */
function stateAfter(world: World, time: number, work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, world.advance(time).then(() => "pending")]);
}

/** An edge that nobody answers. */
async function lonely(): Promise<{ readonly world: World; readonly node: MeshNode }> {
  const world = new World({ seed: 1 });
  return { world, node: await startSimNode(world, 0, { mode: "edge", bootstrap: [1, 2] }) };
}

describe("ready", () => {
  it("resolves at once where there is nobody to link to", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    await world.run(node.ready());
    expect(world.clock.now()).toBe(0);
    expect(node.status().ready).toBe(true);
  });

  it("ends with timeout and says why for every bootstrap node", async () => {
    const { world, node } = await lonely();
    const failed = node.ready({ timeout: 4_000 });
    await expect(world.run(failed)).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/node 1: .*10\.0\.0\.2.*; node 2: .*10\.0\.0\.3/),
    });
    expect(world.clock.now()).toBe(4_000);
  });

  it("says that there is no answer yet where the first attempt is not over", async () => {
    const { world, node } = await lonely();
    await expect(world.run(node.ready({ timeout: 100 }))).rejects.toThrow(/node 1: no answer yet/);
  });

  it("can be cancelled, before and meanwhile", async () => {
    const { world, node } = await lonely();
    expect(await outcome(world, node.ready({ signal: AbortSignal.abort() }))).toBe("cancelled");
    const stop = new AbortController();
    const waiting = settled(node.ready({ signal: stop.signal }));
    await world.advance(10);
    stop.abort();
    expect(await stateAfter(world, 0, waiting)).toBe("cancelled");
  });

  it("resolves whoever of the two has dialled (20 seeds)", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = new World({ seed, link: { delay: [1, 20] } });
      const a = await startSimNode(world, 0, { mode: "gateway", listen: true, bootstrap: [1] });
      const b = await startSimNode(world, 1, { mode: "gateway", listen: true, bootstrap: [0] });
      await world.run(Promise.all([a.ready(), b.ready()]));
      expect(world.clock.now()).toBeLessThan(1_000);
    }
  });
});

describe("close", () => {
  it("ends who waits for ready or for a registration", async () => {
    const { world, node } = await lonely();
    const ready = settled(node.ready());
    const registered = settled(node.register("echo", () => 1));
    await world.advance(10);
    await world.run(node.close());
    expect(await stateAfter(world, 10, Promise.all([ready, registered]))).toEqual([
      "closed",
      "closed",
    ]);
  });

  it("ends calls of the node to itself, and their handlers learn of it", async () => {
    const { world, provider } = await line(1);
    let signal: AbortSignal | undefined;
    await world.run(
      provider.register("slow", (_, call) => {
        signal = call.signal;
        return never();
      }),
    );
    const call = settled(provider.call("slow"));
    await world.advance(10);
    await world.run(provider.close());
    expect(await stateAfter(world, 10, call)).toBe("closed");
    expect(signal?.aborted).toBe(true);
  });

  it("refuses everything new from its beginning, also what it provides itself", async () => {
    const { world, client, provider } = await line(1);
    await world.run(provider.register("own", () => 1));
    await world.run(client.call("own"));
    const started = world.clock.now();
    const closing = Promise.all([provider.close(), client.close()]);
    const refused = [
      provider.call("own"),
      client.call("own"),
      client.call("own", null, { provider: provider.id }),
      provider.cast("own"),
      client.cast("own"),
      client.register("other", () => 1),
      client.ready(),
    ];
    const codes = await world.run(Promise.all(refused.map(settled)));
    expect(codes).toEqual(refused.map(() => "closed"));
    expect(world.clock.now()).toBe(started);
    const { report } = await client.explain("own");
    expect(report.error?.code).toBe("closed");
    await world.run(closing);
  });

  it("is idempotent, ends the links of both sides and leaves nothing running", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("slow", never));
    const call = settled(client.call("slow"));
    await world.run(client.cast("slow"));
    await world.advance(100);
    const lost: string[] = [];
    gateways[0]?.on("link_lost", ({ node, reason }) => lost.push(`${node} ${reason}`));
    const first = client.close();
    expect(client.close()).toBe(first);
    await world.run(first);
    await world.advance(100);
    expect(lost).toEqual([`${client.id} the node is closed`]);
    expect(client.status()).toMatchObject({ ready: false, links: [] });
    expect(await call).toBe("closed");
    await world.run(Promise.all([gateways[0], provider].map((node) => node?.close())));
    // The network itself repeats its last packets for a while.
    await world.advance(10_000);
    expect(world.clock.pending).toBe(0);
  });

  it("comes with `await using`", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    await world.run(node[Symbol.asyncDispose]());
    expect(await settled(node.call("echo"))).toBe("closed");
  });
});
