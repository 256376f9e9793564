import { describe, expect, it } from "vitest";
import fc from "../base/property.ts";
import { BurstLoss, DelayLine, seededChance } from "./modules.ts";

/** Whether each of so many packets is lost. */
function losses(options: { share: number; burst: number; seed: number }, packets: number) {
  const loss = new BurstLoss({ ...options, chance: seededChance(options.seed) });
  return Array.from({ length: packets }, () => loss.next());
}

describe("BurstLoss", () => {
  it("loses the share it is asked for, in bursts of that length on average", () => {
    const weather = fc.record({
      share: fc.double({ min: 0.02, max: 0.4, noNaN: true }),
      burst: fc.integer({ min: 2, max: 20 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(weather, (options) => {
        const lost = losses(options, 200_000);
        const count = lost.filter(Boolean).length;
        const bursts = lost.filter((it, at) => it && !lost[at - 1]).length;
        expect(count / lost.length / options.share).toBeCloseTo(1, 0);
        expect(count / bursts / options.burst).toBeCloseTo(1, 0);
      }),
      { numRuns: 20 },
    );
  });

  it("loses the same packets for the same seed", () => {
    const options = { share: 0.1, burst: 5, seed: 7 };
    expect(losses(options, 1_000)).toEqual(losses(options, 1_000));
    expect(losses(options, 1_000)).not.toEqual(losses({ ...options, seed: 8 }, 1_000));
  });

  it("loses nothing where nothing is to be lost", () => {
    expect(losses({ share: 0, burst: 10, seed: 1 }, 10_000)).not.toContain(true);
  });
});

describe("DelayLine", () => {
  it("gives out in the order of the times that are due, and of two equal ones the earlier first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }), (delays) => {
        let now = 0;
        const line = new DelayLine(() => now);
        const out: number[] = [];
        for (const [at, delay] of delays.entries()) line.push(delay, () => out.push(at));
        now = 100;
        line.flush();
        line.close();
        const due = (at: number): number => delays[at] ?? 0;
        const expected = [...delays.keys()].sort((a, b) => due(a) - due(b) || a - b);
        expect(out).toEqual(expected);
      }),
    );
  });

  it("keeps back what is not due", () => {
    let now = 0;
    const line = new DelayLine(() => now);
    const out: string[] = [];
    line.push(20, () => out.push("late"));
    line.push(10, () => out.push("soon"));
    now = 10;
    line.flush();
    line.close();
    expect(out).toEqual(["soon"]);
  });

  it("delivers by itself when the time has come", async () => {
    const line = new DelayLine();
    await new Promise<void>((resolve) => {
      line.push(5, resolve);
    });
    line.close();
  });
});
