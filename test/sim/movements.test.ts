import { describe, expect, it } from "vitest";
import { toAddress } from "../../src/base/address.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { type SimNodeOptions, startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { SleepyClock } from "./sleepy-clock.ts";

const GATEWAYS = [1, 2, 3];
const MOVER = 10;
const CALLER = 20;

/** Three gateways, and a node that will move. */
async function scene(prepare: (world: World) => SimNodeOptions) {
  const world = new World({ seed: 1, link: { delay: [5, 5] } });
  const own = prepare(world);
  const gateways: MeshNode[] = [];
  for (const number of GATEWAYS) {
    const bootstrap = GATEWAYS.filter((other) => other < number);
    const options = { mode: "gateway", listen: true, links: "auto", bootstrap } as const;
    gateways.push(await startSimNode(world, number, options));
  }
  await world.run(Promise.all(gateways.map((node) => node.ready())));
  const mover = await startSimNode(world, MOVER, { ...own, links: "auto", bootstrap: [1, 2] });
  await world.run(mover.ready());
  await world.advance(20_000);
  return { world, mover };
}

/** Milliseconds until `isSo`, looked at every 10 ms; as good as never where that is not within two minutes. */
async function until(world: World, isSo: () => boolean): Promise<number> {
  const from = world.clock.now();
  while (!isSo() && world.clock.now() < from + 120_000) await world.advance(10);
  return world.clock.now() - from;
}

describe("a node behind a router that could not be dialled for long", () => {
  it("has itself dialled again within 65 s after the router has given it another port", async () => {
    let rebind = (): void => {};
    const { world, mover } = await scene((created) => {
      const nat = created.behindNat([MOVER], { kind: "full_cone" });
      rebind = () => nat.rebind();
      return { mode: "gateway", listen: true };
    });
    const asked = (): number => mover.status().counters.dial_backs_asked as number;
    // Its attempts are 32 minutes apart by then.
    await world.advance(45 * 60_000);
    expect(mover.status().dialable).toBe("failed");
    const before = asked();
    await world.advance(65_000);
    expect(asked()).toBe(before);
    const [seenBefore] = mover.status().routing.seenAt;
    rebind();
    expect(await until(world, () => asked() > before)).toBeLessThan(65_000);
    expect(mover.status().routing.seenAt).not.toContain(seenBefore);
    expect(mover.status().anchors).toHaveLength(3);
  });
});

describe("a node whose machine gets another address", () => {
  it("asks its peers for a sign of life, and is dialled back, within seconds", async () => {
    const here = [toAddress("10.0.0.11", 9443)];
    const { world, mover } = await scene(() => {
      return { mode: "gateway", listen: true, interfaces: () => here };
    });
    const before = mover.status().counters.dial_backs_asked as number;
    await world.advance(60_000);
    expect(mover.status().counters.dial_backs_asked).toBe(before);
    here.push(toAddress("10.0.5.5", 9443));
    await world.advance(5_200);
    expect(mover.status().counters.dial_backs_asked).toBeGreaterThan(before);
    expect(mover.status().dialable).toBe("proved");
  });
});

describe("a node whose machine sleeps for ten minutes", () => {
  /** An edge that provides something, and somebody who calls it. */
  async function sleeper() {
    let clock: SleepyClock | undefined;
    const { world, mover } = await scene((created) => {
      clock = new SleepyClock(created.clock);
      return { mode: "edge", clock };
    });
    const options = { mode: "edge", links: "auto", bootstrap: [3] } as const;
    const caller = await startSimNode(world, CALLER, options);
    await world.run(caller.ready());
    await world.run(mover.register("echo", (value) => value));
    const call = (): Promise<unknown> =>
      world.run(caller.call("echo", 1, { timeout: 1_000 }).catch(({ code }) => code));
    const sleepFor = async (time: number): Promise<void> => {
      clock?.sleep();
      await world.advance(time);
      expect(await call()).toBe("no_provider");
      clock?.wake();
    };
    return { world, mover, call, sleepFor };
  }

  it("has its anchors again in two seconds, and what it provides is found", async () => {
    const { world, mover, call, sleepFor } = await sleeper();
    const others = [...GATEWAYS, CALLER].map((number) => world.ip(number));
    world.network.conditions.partition([others, [world.ip(MOVER)]]);
    await sleepFor(600_000);
    world.network.conditions.healAll();
    await world.advance(2_000);
    expect(mover.status().anchors).toHaveLength(3);
    expect(await call()).toBe(1);
  });

  it("has its records renewed at once, also where its links have outlived the sleep", async () => {
    const { world, mover, call, sleepFor } = await sleeper();
    await sleepFor(600_000);
    expect(mover.status().anchors).toHaveLength(3);
    await world.advance(2_000);
    expect(await call()).toBe(1);
  });
});
