import { describe, expect, it } from "vitest";
import { Deadlines, Expiring } from "../../src/base/deadlines.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import fc from "./property.ts";

class Item extends Expiring {
  readonly #expired: () => void;

  constructor(expired: () => void) {
    super();
    this.#expired = expired;
  }

  override expire(): void {
    this.#expired();
  }
}

/** How late a deadline may be: the grain of the wheel. */
const GRAIN = 8;

describe("deadlines", () => {
  it("expire once each, none early and none later than a grain", async () => {
    const delays = fc.array(fc.double({ min: 0, max: 30_000, noNaN: true }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(delays, async (all) => {
        const clock = new VirtualClock();
        const deadlines = new Deadlines(clock);
        const late: number[] = [];
        for (const delay of all)
          deadlines.add(new Item(() => late.push(clock.now() - delay)), delay);
        expect(deadlines.size).toBe(all.length);
        await clock.advance(31_000);
        expect(late).toHaveLength(all.length);
        expect(late.filter((it) => it < 0 || it > GRAIN + 1e-6)).toEqual([]);
        expect([deadlines.size, clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 60 },
    );
  });

  it("hold when they are added at other moments than the first", async () => {
    const steps = fc.array(fc.tuple(fc.nat(2_000), fc.nat(12_000)), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const clock = new VirtualClock();
        const deadlines = new Deadlines(clock);
        const late: number[] = [];
        for (const [pause, delay] of all) {
          await clock.advance(pause);
          const due = clock.now() + delay;
          deadlines.add(new Item(() => late.push(clock.now() - due)), delay);
        }
        await clock.advance(13_000);
        expect(late).toHaveLength(all.length);
        expect(late.filter((it) => it < 0 || it > GRAIN)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("of no time at all are in time at every moment", async () => {
    for (const start of [0, 1, 7, 8, 1_600, 8_192]) {
      const clock = new VirtualClock();
      const deadlines = new Deadlines(clock);
      await clock.advance(start);
      let late = Number.NaN;
      const item = new Item(() => {
        late = clock.now() - start;
      });
      deadlines.add(item, 0);
      await clock.advance(10_000);
      expect(late, `at ${start}`).toBeLessThanOrEqual(GRAIN);
    }
  });

  it("are in time when one that expires adds another far ahead", async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    const at: number[] = [];
    deadlines.add(new Item(() => deadlines.add(new Item(() => at.push(clock.now())), 5_000)), 100);
    deadlines.add(new Item(() => at.push(clock.now())), 200);
    await clock.advance(6_000);
    expect(at).toEqual([200, 5_104]);
  });

  it("are all met when one that expires moves its neighbour", async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    const at: string[] = [];
    const last = new Item(() => at.push(`last ${clock.now()}`));
    const moved = new Item(() => at.push(`moved ${clock.now()}`));
    const first = new Item(() => {
      deadlines.remove(moved);
      deadlines.add(moved, 1_000);
    });
    // The latest added stands first in its slot.
    for (const item of [last, moved, first]) deadlines.add(item, 96);
    await clock.advance(2_000);
    expect(at).toEqual(["last 96", "moved 1096"]);
  });

  it("that are removed never expire, wherever they stand in their slot", async () => {
    for (const gone of [0, 1, 2]) {
      const clock = new VirtualClock();
      const deadlines = new Deadlines(clock);
      const expired: number[] = [];
      const items = [0, 1, 2].map((number) => new Item(() => expired.push(number)));
      for (const item of items) deadlines.add(item, 100);
      deadlines.remove(items[gone] as Item);
      deadlines.remove(items[gone] as Item);
      expect(deadlines.size).toBe(2);
      await clock.advance(200);
      expect(expired.sort()).toEqual([0, 1, 2].filter((it) => it !== gone));
    }
  });

  it("may remove each other as they expire", async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    const expired: number[] = [];
    const items: Item[] = [0, 1, 2, 3].map(
      (number) =>
        new Item(() => {
          expired.push(number);
          for (const item of items) deadlines.remove(item);
        }),
    );
    for (const item of items) deadlines.add(item, 100);
    await clock.advance(200);
    expect(expired).toHaveLength(1);
    expect(deadlines.size).toBe(0);
  });

  it("can be added again when they have expired", async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    const at: number[] = [];
    const item: Item = new Item(() => {
      at.push(clock.now());
      if (at.length < 3) deadlines.add(item, 80);
    });
    deadlines.add(item, 80);
    await clock.advance(1_000);
    expect(at).toEqual([80, 160, 240]);
  });

  it("leave no timer behind when they are cleared", async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    const expired: number[] = [];
    for (let number = 0; number < 50; number++) {
      deadlines.add(new Item(() => expired.push(number)), number * 100);
    }
    deadlines.clear();
    await clock.advance(10_000);
    expect([expired, deadlines.size, clock.pending]).toEqual([[], 0, 0]);
    deadlines.add(new Item(() => expired.push(99)), 10);
    await clock.advance(100);
    expect(expired).toEqual([99]);
  });
});
