import { describe, expect, it } from "vitest";
import { paddedLength } from "../../src/seal/padding.ts";
import { BODY_MAX } from "../../src/wire/limits.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";

const MAX = BODY_MAX + 2_048;

describe("padding", () => {
  it.each([
    [1, 32],
    [32, 32],
    [33, 64],
    [256, 256],
    [257, 320],
    [1_024, 1_024],
    [1_025, 1_280],
    [4_096, 4_096],
    [4_097, 4_608],
    [65_536, 65_536],
    [65_537, 73_728],
    [BODY_MAX, BODY_MAX],
    [BODY_MAX + 1, MAX],
    [MAX, MAX],
  ])("fills %i up to %i", (length, padded) => {
    expect(paddedLength(length)).toBe(padded);
  });

  it("never cuts, costs an eighth at most beyond 256 bytes, and has few results", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX }), (length) => {
        const padded = paddedLength(length);
        expect(padded).toBeGreaterThanOrEqual(length);
        expect(paddedLength(padded)).toBe(padded);
        expect(padded - length).toBeLessThan(Math.max(256, length / 8 + 1));
      }),
    );
    const sizes = new Set(Array.from({ length: 65_536 }, (_, at) => paddedLength(at + 1)));
    expect(sizes.size).toBeLessThan(70);
  });

  it("refuses what is longer than any body", () => {
    expect(failure(() => paddedLength(MAX + 1))).toBe("too_large");
  });
});
