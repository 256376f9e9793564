import { describe, expect, it } from "vitest";
import { Wakefulness } from "../../src/peer/wakefulness.ts";

describe("wakefulness", () => {
  it.each([
    ["nothing happens", 250, 250, false],
    ["a process is slow", 4_000, 4_000, false],
    ["a process was stopped", 20_000, 20_000, true],
    ["a machine slept, and its monotonic clock with it", 250, 3_600_000, true],
    ["a wall clock is set right by a little", 250, 3_000, false],
    ["a wall clock is set back", 250, -3_600_000, false],
  ])("%s", (_, passed, byWall, away) => {
    const wakefulness = new Wakefulness(250, 1_000, 50_000);
    expect(wakefulness.wasAway(1_000 + passed, 50_000 + byWall)).toBe(away);
    expect(wakefulness.wasAway(1_250 + passed, 50_250 + byWall)).toBe(false);
  });
});
