import { expect, it } from "vitest";
import { Tally } from "../../src/peer/tally.ts";

it("a tally asks for a note at once, and then every ten milliseconds at most", () => {
  const tally = new Tally();
  const notes = [0, 1, 5, 9, 10, 11, 40].map((now) => {
    const isDue = tally.add(now, now);
    const note = [tally.calls, tally.latency];
    if (isDue) tally.noted(now);
    return isDue ? note : undefined;
  });
  // Calls between are in the next note: four of 1 to 10 ms, two of 11 and 40.
  expect(notes).toEqual([[1, 0], undefined, undefined, undefined, [4, 6.25], undefined, [2, 25.5]]);
});
