import { describe, expect, it } from "vitest";
import { compareDistance } from "../../src/base/id.ts";
import { METRIC_BYTES, Nearest } from "../../src/routing/metric.ts";
import fc from "../base/property.ts";
import { farId } from "../base/tiny.ts";

const prefix = () => fc.uint8Array({ minLength: METRIC_BYTES, maxLength: 32 });
const head = (bytes: Uint8Array) => bytes.subarray(0, METRIC_BYTES);

describe("the metric", () => {
  it("is the XOR distance, strictly less each time", () => {
    const nearest = new Nearest(farId(0x80), []);
    const steps = [0x00, 0x01, 0xc0, 0xc1, 0x90, 0x80, 0x80].map((byte) =>
      nearest.isCloser(farId(byte)),
    );
    expect(steps).toEqual([true, false, true, false, true, true, false]);
  });

  it("takes the least over the destination and its anchors", () => {
    const nearest = new Nearest(farId(0x80), [farId(0x0f), farId(0x81)]);
    expect([0x00, 0x0e, 0x81, 0x80].map((byte) => nearest.isCloser(farId(byte)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("orders as the distance does", () => {
    fc.assert(
      fc.property(prefix(), prefix(), prefix(), (target, a, b) => {
        const nearest = new Nearest(target, []);
        nearest.isCloser(a);
        const expected = compareDistance(head(target), head(b), head(a));
        expect(nearest.isCloser(b)).toBe(expected < 0);
      }),
    );
  });

  it("is the least of all targets, in any order", () => {
    fc.assert(
      fc.property(
        fc.array(prefix(), { minLength: 2, maxLength: 5 }),
        prefix(),
        prefix(),
        (targets, a, b) => {
          const [destination, ...anchors] = targets as [Uint8Array, ...Uint8Array[]];
          const least = (node: Uint8Array): Uint8Array =>
            targets
              .map((target) =>
                Uint8Array.from(head(node), (byte, at) => byte ^ (target[at] as number)),
              )
              .sort((x, y) => compareDistance(new Uint8Array(METRIC_BYTES), x, y))[0] as Uint8Array;
          const nearest = new Nearest(destination, anchors);
          nearest.isCloser(a);
          const expected = compareDistance(new Uint8Array(METRIC_BYTES), least(b), least(a)) < 0;
          expect(nearest.isCloser(b)).toBe(expected);
        },
      ),
    );
  });
});
