import { describe, expect, it } from "vitest";
import { sameId } from "../../src/base/id.ts";
import { World } from "../../src/sim/world.ts";
import { arrivals, askEcho, ConnectionProbe, echo } from "../contract/probes.ts";

/** Five nodes that each ask the next a few times, over a bad network. */
async function busyWorld(seed: number): Promise<World> {
  const world = new World({ seed, link: { delay: [1, 30], loss: 0.1, duplication: 0.1 } });
  const nodes = [0, 1, 2, 3, 4].map((node) => world.transport(node, world.identity(node)));
  for (const node of nodes) arrivals(node, echo);
  const work = async (): Promise<void> => {
    await Promise.all(nodes.map((node, at) => node.listen(world.address(at))));
    await Promise.all(
      nodes.map(async (node, at) => {
        const connection = await node.dial(world.address((at + 1) % 5), { timeout: 5_000 });
        new ConnectionProbe(connection);
        for (let round = 0; round < 10; round++) await askEcho(connection, round, 3_000);
      }),
    );
  };
  await world.run(work());
  return world;
}

describe("World", () => {
  it("repeats itself for a seed and differs for another", async () => {
    const [first, again, other] = [await busyWorld(1), await busyWorld(1), await busyWorld(2)];
    expect(again.trace.hash).toBe(first.trace.hash);
    expect(again.trace.count).toBe(first.trace.count);
    expect(again.clock.now()).toBe(first.clock.now());
    expect(other.trace.hash).not.toBe(first.trace.hash);
  });

  it("gives each node chance and a key of its own, whoever else there is", () => {
    const world = new World({ seed: 5 });
    const alone = new World({ seed: 5 });
    world.ports(0).random.bytes(100);
    world.identity(0);
    expect(world.ports(1).random.bytes(16)).toEqual(alone.ports(1).random.bytes(16));
    expect(sameId(world.identity(1).id, alone.identity(1).id)).toBe(true);
    expect(sameId(world.identity(1).id, world.identity(2).id)).toBe(false);
    expect(world.keySeed(1)).not.toEqual(new World({ seed: 6 }).keySeed(1));
  });

  it("gives every node a host of its own", () => {
    const world = new World({ seed: 1 });
    expect(world.address(0)).toBe("10.0.0.1:9443");
    expect(world.address(255, 7)).toBe("10.0.1.0:7");
    expect(new Set(Array.from({ length: 1_000 }, (_, node) => world.ip(node))).size).toBe(1_000);
  });

  it("keeps what nodes log and count", () => {
    const world = new World({ seed: 1 });
    const { log, meter } = world.ports(3, "gateway");
    log.write("info", "link_up", { peer: "ab", round: 3 });
    log.write("debug", "noise");
    meter.count("frames");
    meter.count("frames", 4);
    expect(world.trace.tail()).toEqual(["#0 0.000 ms gateway: info link_up peer=ab round=3"]);
    expect(world.counts(3)).toEqual({ frames: 5 });
    expect(world.counts(4)).toEqual({});
  });

  it("settles as the work does", async () => {
    const world = new World({ seed: 1 });
    const later = new Promise<number>((resolve) => world.clock.timer(1_000, () => resolve(7)));
    expect(await world.run(later)).toBe(7);
    expect(world.clock.now()).toBe(1_000);
    await expect(world.run(Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
  });

  it("says so when it comes to rest too early, with the end of its trace", async () => {
    const world = new World({ seed: 11 });
    world.ports(0).log.write("warn", "last_words");
    await expect(world.run(new Promise(() => {}))).rejects.toThrow(
      /came to rest.*seed 11[\s\S]*last_words/,
    );
  });

  it("says so when the work takes too long or turns in a circle", async () => {
    const world = new World({ seed: 1, eventsMax: 10_000 });
    const beat = (): void => void world.clock.timer(10, beat);
    beat();
    const never = new Promise(() => {});
    await expect(world.run(never, { within: 5_000 })).rejects.toThrow("not done in time");
    const spin = (): void => void world.clock.timer(0, spin);
    spin();
    await expect(world.run(never)).rejects.toThrow("turns in a circle");
  });

  it("runs at 300,000 events a second or so", async () => {
    const world = new World({ seed: 1 });
    const beat = (): void => void world.clock.timer(1, beat);
    for (let node = 0; node < 100; node++) beat();
    const started = performance.now();
    await world.advance(1_000);
    // A tenth of what an idle machine does, so that a busy one passes.
    expect(world.clock.events / (performance.now() - started)).toBeGreaterThan(30);
  });
});
