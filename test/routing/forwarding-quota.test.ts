import { describe, expect, it } from "vitest";
import { ForwardingQuota } from "../../src/routing/forwarding-quota.ts";

const neighbour = () => ({ forwardingPaid: 0 });

/** Bytes that get through of frames of `size`, one each millisecond, in `time`. */
function passed(quota: ForwardingQuota, size: number, time: number, from = neighbour()): number {
  let bytes = 0;
  for (let now = 0; now < time; now++) if (quota.take(from, size, now)) bytes += size;
  return bytes;
}

describe("a forwarding quota", () => {
  it("passes a neighbour's share, and a second's worth more at first", () => {
    const bytes = passed(new ForwardingQuota({ perNeighbour: 10_000 }), 100, 10_000);
    expect(bytes).toBeGreaterThan(105_000);
    expect(bytes).toBeLessThan(111_000);
  });

  it("of one neighbour is not used up by another", () => {
    const quota = new ForwardingQuota({ perNeighbour: 10_000 });
    passed(quota, 1_000, 5_000);
    expect(quota.take(neighbour(), 1_000, 5_000)).toBe(true);
  });

  it("of all is shared by all", () => {
    const quota = new ForwardingQuota({ inAll: 10_000 });
    quota.take(neighbour(), 30_000, 0);
    expect(quota.take(neighbour(), 1, 1_900)).toBe(false);
    expect(quota.take(neighbour(), 1, 2_100)).toBe(true);
  });

  it("lets a frame through that is larger than a burst, and has it paid for afterwards", () => {
    const quota = new ForwardingQuota({ perNeighbour: 10_000 });
    const from = neighbour();
    expect(quota.take(from, 50_000, 0)).toBe(true);
    expect(quota.take(from, 1, 3_900)).toBe(false);
    expect(quota.take(from, 1, 4_100)).toBe(true);
  });

  it("without a limit passes all", () => {
    expect(passed(new ForwardingQuota({}), 1_000, 1_000)).toBe(1_000_000);
  });
});
