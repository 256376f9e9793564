import { describe, expect, it } from "vitest";
import type { Random } from "../../src/base/ports.ts";
import { BACKOFF_HOPELESS, BACKOFF_LIMITS, backoff } from "../../src/peer/backoff.ts";
import { SeededRandom } from "../../src/sim/random.ts";

const least: Random = { below: () => 0, bytes: (length) => new Uint8Array(length) };
const most: Random = { below: (limit) => limit - 1, bytes: (length) => new Uint8Array(length) };

describe("the wait after failures", () => {
  it.each([
    [0, 50, 100],
    [1, 50, 100],
    [2, 100, 200],
    [3, 200, 400],
    [4, 400, 800],
    [5, 750, 1_500],
    [6, 750, 1_500],
    [1_000_000, 750, 1_500],
  ])("%i is between %i and %i ms", (failures, from, to) => {
    expect(backoff(BACKOFF_LIMITS, failures, least)).toBe(from);
    expect(backoff(BACKOFF_LIMITS, failures, most)).toBe(to);
  });

  it("is long where trying again soon will hardly help", () => {
    expect(backoff(BACKOFF_HOPELESS, 1, least)).toBe(5_000);
    expect(backoff(BACKOFF_HOPELESS, 10, most)).toBe(60_000);
  });

  it("spreads those who failed together", () => {
    const waits = Array.from({ length: 50 }, (_, node) =>
      backoff(BACKOFF_LIMITS, 3, new SeededRandom(1, node)),
    );
    expect(new Set(waits).size).toBeGreaterThan(30);
  });
});
