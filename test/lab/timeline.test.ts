import { describe, expect, it } from "vitest";
import { quantileOrNull, Timeline } from "./modules.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** Five calls, 10 ms apart; the third is lost, the fourth is late. Answers at 1005, 1015, 1230 and 1045. */
const line = new Timeline({
  startedAt: 1_000,
  begun: [0, 10, 20, 30, 40],
  took: [5, 5, NEVER, 200, 5],
});

describe("Timeline", () => {
  it("counts calls without an answer", () => {
    expect(line.lost).toBe(1);
  });

  it("finds the longest time without an answer behind a moment, that around the moment included", () => {
    expect(line.longestGapSince(1_000)).toBe(185);
    expect(new Timeline({ startedAt: 0, begun: [0, 100], took: [1, 1] }).longestGapSince(50)).toBe(
      100,
    );
  });

  it("has no gap where no answer came any more", () => {
    expect(line.longestGapSince(2_000)).toBeNull();
  });

  it("tells how long calls took that were under way in a span of time", () => {
    expect([...line.during(1_012, 1_035)]).toEqual([5, 200, NEVER]);
  });
});

describe("the ways of calls", () => {
  /** Six calls, 10 ms apart, that pass two forwarders, then one, and none from the fourth on; the fifth is lost. */
  const ways = new Timeline({
    startedAt: 1_000,
    begun: [0, 10, 20, 30, 40, 50],
    took: [8, 4, 2, 40, NEVER, 1],
    hops: [2, 1, 1, 0, -1, 0],
  });

  it("are direct from the first answer on that came without a forwarder, whatever the order of calls", () => {
    expect(ways.firstMs).toBe(8);
    expect(ways.directMsSince(1_000)).toBe(51);
    expect(ways.directMsSince(1_015)).toBe(31);
    expect(line.directMsSince(1_000)).toBeNull();
    expect(ways.directMsSince(2_000)).toBeNull();
  });

  it("have each a number of forwarders and a latency", () => {
    expect(ways.hopsDuring(1_000, 1_040)).toEqual({ 0: 1, 1: 2, 2: 1 });
    expect(ways.medianMs(false)).toBe(4);
    expect(ways.medianMs(true, 1_045)).toBe(1);
    expect(ways.medianMs(true, 1_000, 1_020)).toBeNull();
  });
});

describe("a quantile", () => {
  it("is null where it falls on what had no end", () => {
    expect(quantileOrNull([1, 2, null], 0.5)).toBe(2);
    expect(quantileOrNull([1, 2, null], 1)).toBeNull();
    expect(quantileOrNull([], 0.5)).toBeNull();
  });
});
