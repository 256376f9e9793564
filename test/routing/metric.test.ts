import { describe, expect, it } from "vitest";
import { compareDistance } from "../../src/base/id.ts";
import { closer, type Distance, METRIC_BYTES, metric } from "../../src/routing/metric.ts";
import fc from "../base/property.ts";
import { farId } from "../base/tiny.ts";

const prefix = () => fc.uint8Array({ minLength: METRIC_BYTES, maxLength: 32 });

const asNumber = ({ high, low }: Distance) => (BigInt(high) << 32n) | BigInt(low);

describe("the metric", () => {
  it("is the XOR of the first 8 bytes", () => {
    expect(metric(farId(0x80), [farId(0x01)])).toEqual({ high: 0x8100_0000, low: 0 });
    expect(metric(farId(0x80), [farId(0x80)])).toEqual({ high: 0, low: 0 });
  });

  it("takes the least over the destination and its anchors", () => {
    const anchors = [farId(0x0f), farId(0x81)];
    expect(metric(farId(0x80), anchors)).toEqual({ high: 0x0100_0000, low: 0 });
    expect(metric(farId(0x80), [])).toEqual({ high: 0xffff_ffff, low: 0xffff_ffff });
  });

  it("orders as the distance does", () => {
    fc.assert(
      fc.property(prefix(), prefix(), prefix(), (target, a, b) => {
        const head = (it: Uint8Array) => it.subarray(0, METRIC_BYTES);
        const expected = compareDistance(head(target), head(a), head(b));
        const [nearA, nearB] = [metric(a, [target]), metric(b, [target])];
        expect(closer(nearA, nearB)).toBe(expected < 0);
        expect(closer(nearB, nearA)).toBe(expected > 0);
        expect(asNumber(nearA) === asNumber(nearB)).toBe(expected === 0);
      }),
    );
  });
});
