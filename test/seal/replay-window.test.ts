import { describe, expect, it } from "vitest";
import { REPLAY_WINDOW, ReplayWindow } from "../../src/seal/replay-window.ts";
import fc from "../base/property.ts";

describe("a replay window", () => {
  it("takes each counter once, in any order within its width", () => {
    const counters = fc.array(fc.nat({ max: 3 * REPLAY_WINDOW }), { maxLength: 300 });
    fc.assert(
      fc.property(counters, (sequence) => {
        const window = new ReplayWindow();
        const taken = new Set<number>();
        let highest = 0;
        for (const counter of sequence) {
          const isKnowable = counter > highest - REPLAY_WINDOW + 32;
          const isTaken = window.take(counter);
          if (isKnowable) expect(isTaken).toBe(!taken.has(counter));
          if (isTaken) {
            expect(taken.has(counter)).toBe(false);
            taken.add(counter);
          }
          highest = Math.max(highest, counter);
        }
      }),
    );
  });

  it("takes none that is too far behind to know", () => {
    const window = new ReplayWindow();
    expect(window.take(0)).toBe(true);
    expect(window.take(10 * REPLAY_WINDOW)).toBe(true);
    expect(window.take(1)).toBe(false);
    expect(window.take(9 * REPLAY_WINDOW)).toBe(false);
    expect(window.take(9 * REPLAY_WINDOW + 64)).toBe(true);
  });

  it("takes little memory for a few texts, and no more than its width for any number", () => {
    const window = new ReplayWindow();
    for (let counter = 0; counter < 128; counter++) expect(window.take(counter)).toBe(true);
    expect(window.memory).toBe(32);
    for (let counter = 128; counter < 3 * REPLAY_WINDOW; counter++) window.take(counter);
    expect(window.memory).toBe((REPLAY_WINDOW / 32 + 1) * 8);
    expect([window.take(2 * REPLAY_WINDOW + 40), window.take(3 * REPLAY_WINDOW)]).toEqual([
      false,
      true,
    ]);
  });

  it("jumps ahead as far as counters go", () => {
    const window = new ReplayWindow();
    const last = 2 ** 32 - 1;
    expect([window.take(5), window.take(last), window.take(last), window.take(5)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(window.take(last - 100)).toBe(true);
  });
});
