import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../src/base/histogram.ts";

describe("a histogram", () => {
  it("counts a value in the first span it fits into, ends included", () => {
    const histogram = new Histogram([1, 2.5, 10]);
    for (const value of [0, 1, 1.001, 2.5, 10, 10.5, 1_000]) histogram.observe(value);
    expect(histogram.state()).toEqual({
      bounds: [1, 2.5, 10],
      counts: [2, 2, 1, 2],
      sum: 1025.001,
    });
  });

  it("loses no value and no part of the sum", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (values) => {
        const histogram = new Histogram([0, 3, 7]);
        for (const value of values) histogram.observe(value);
        const { counts, sum } = histogram.state();
        expect(counts.reduce((all, count) => all + count, 0)).toBe(values.length);
        expect(sum).toBe(values.reduce((all, value) => all + value, 0));
      }),
    );
  });
});
