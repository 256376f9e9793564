import { describe, expect, it } from "vitest";
import { shortId } from "../../src/base/id.ts";
import { code, member, newWorld } from "./member.ts";

describe("a node that dials itself", () => {
  it("is told so", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    expect(await code(world, a.dial(0))).toBe("duplicate_identity");
    expect([a.table.size, a.copies]).toEqual([0, []]);
  });

  it("tells it from another process with its key, which is an alarm for both", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    const copy = await member(world, 1, {}, 0);
    expect(await code(world, a.dial(1))).toBe("duplicate_identity");
    await world.advance(100);
    expect([a.table.size, copy.table.size]).toEqual([0, 0]);
    expect([a.copies, copy.copies]).toEqual([[shortId(a.id)], [shortId(a.id)]]);
  });
});

describe("a node that meets the copy of a peer", () => {
  it("refuses it, and knows whose key it is", async () => {
    const world = newWorld();
    const [a, b] = [await member(world, 0), await member(world, 1)];
    await world.run(b.dial(0));
    const copy = await member(world, 2, {}, 1);
    expect(await code(world, a.dial(2))).toBe("duplicate_identity");
    await world.advance(100);
    expect([a.copies, [...a.table].length, copy.table.size]).toEqual([[shortId(b.id)], 1, 0]);
  });
});

describe("a node that has lost its end of a link", () => {
  const LIFE = new Uint8Array(8).fill(7);

  /** Node 1 is linked to node 0; the last one has not heard of the end of it, nor will it. */
  async function scene(dialler: 0 | 1, seed: number) {
    const world = newWorld(seed);
    const a = await member(world, 0);
    const b = await member(world, 1, {}, 1, LIFE);
    await world.run(dialler === 0 ? a.dial(1) : b.dial(0));
    await world.advance(6_000);
    world.crash(1);
    const again = await member(world, 2, {}, 1, LIFE);
    return { world, a, again };
  }

  it.each([1, 2, 3, 4])(
    "is let in as soon as the other end is seen to be dead (seed %i)",
    async (seed) => {
      for (const dialler of [0, 1] as const) {
        const { world, a, again } = await scene(dialler, seed);
        const before = world.clock.now();
        const link = await world.run(again.dial(0));
        expect(world.clock.now() - before).toBeLessThan(1_100);
        await world.advance(3_000);
        expect([link.ended, a.table.size, a.copies]).toEqual([undefined, 1, []]);
        expect([...a.table][0]?.remoteAddress).toBe(world.address(2));
      }
    },
  );

  it("is told of the other end where that lives", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    const b = await member(world, 1, {}, 1, LIFE);
    await world.run(b.dial(0));
    await world.advance(6_000);
    const other = await member(world, 2, {}, 1, LIFE);
    const before = world.clock.now();
    expect(await code(world, other.dial(0))).toBe("duplicate_link");
    expect(world.clock.now() - before).toBeLessThan(200);
    await world.advance(5_000);
    expect([a.table.size, b.table.size, a.copies]).toEqual([1, 1, []]);
    expect([...a.table][0]?.remoteAddress).toBe(world.address(1));
  });
});

describe("another life of a node", () => {
  it("takes the place of the one that is gone", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    const first = await member(world, 1);
    await world.run(first.dial(0));
    world.crash(1);
    const again = await member(world, 2, {}, 1);
    const before = world.clock.now();
    const link = await world.run(again.dial(0));
    expect(world.clock.now() - before).toBeLessThan(1_100);
    await world.advance(100);
    expect([a.table.size, link.ended, a.copies]).toEqual([1, undefined, []]);
    expect([...a.table][0]?.remoteAddress).toBe(world.address(2));
  });

  it("is refused while the first one lives", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    const first = await member(world, 1);
    await world.run(first.dial(0));
    const copy = await member(world, 2, {}, 1);
    const before = world.clock.now();
    expect(await code(world, copy.dial(0))).toBe("duplicate_identity");
    expect(world.clock.now() - before).toBeLessThan(200);
    await world.advance(1_000);
    expect(copy.table.size).toBe(0);
    expect([...a.table].map((link) => link.remoteAddress)).toEqual([world.address(1)]);
    const key = shortId(first.id);
    expect([a.copies, copy.copies, first.copies]).toEqual([[key], [key], []]);
  });
});
