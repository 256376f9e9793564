import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../src/sim/random.ts";

const draws = (random: SeededRandom, count = 20): number[] =>
  Array.from({ length: count }, () => random.below(2 ** 32));

describe("SeededRandom", () => {
  it("repeats itself for the same seed and stream", () => {
    expect(draws(new SeededRandom(7, 3))).toEqual(draws(new SeededRandom(7, 3)));
    expect(new SeededRandom(7, 3).bytes(33)).toEqual(new SeededRandom(7, 3).bytes(33));
  });

  it("differs for any other seed or stream, also a large one", () => {
    const seen = new Set<string>();
    for (const seed of [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 52]) {
      for (const stream of [0, 1, 2, 2 ** 32]) {
        seen.add(draws(new SeededRandom(seed, stream), 4).join());
      }
    }
    expect(seen.size).toBe(24);
  });

  it("draws every number below its limit, each about as often", () => {
    const random = new SeededRandom(1);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw++) {
      const number = random.below(10);
      counts[number] = (counts[number] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(9_500);
    expect(Math.max(...counts)).toBeLessThan(10_500);
  });

  it("is fair at a limit that does not divide its range", () => {
    const random = new SeededRandom(2);
    const limit = 3 * 2 ** 30;
    let high = 0;
    for (let draw = 0; draw < 30_000; draw++) if (random.below(limit) >= 2 ** 31) high += 1;
    // A plain remainder would give a quarter.
    expect(high / 30_000).toBeCloseTo(1 / 3, 1);
    expect(random.below(1)).toBe(0);
  });

  it("fills bytes evenly", () => {
    const bytes = new SeededRandom(5).bytes(100_000);
    const mean = bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length;
    expect(mean).toBeGreaterThan(126);
    expect(mean).toBeLessThan(129);
  });
});
