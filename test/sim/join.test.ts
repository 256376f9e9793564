import { describe, expect, it } from "vitest";
import { join } from "../../src/sim/scenarios/join.ts";

describe("nodes that know one bootstrap node", () => {
  it.each([1, 2, 3])("find their places and each other's procedures, seed %i", async (seed) => {
    const report = await join({ nodes: 60, seed });
    expect(report).toMatchObject({ ok: true, lookups: 600, found: 600 });
    expect(report.contacts.min).toBeGreaterThan(1);
    expect(report.steps.p99).toBeLessThanOrEqual(4);
    expect(report.gatewayLinks.max).toBeLessThanOrEqual(70);
    expect(report.edgeLinks.max).toBeLessThanOrEqual(6);
  });

  it("do the same from the same seed", async () => {
    const [first, second, other] = [
      await join({ nodes: 30, seed: 1 }),
      await join({ nodes: 30, seed: 1 }),
      await join({ nodes: 30, seed: 2 }),
    ];
    expect(second).toEqual(first);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  it("are ten or more", async () => {
    await expect(join({ nodes: 9, seed: 1 })).rejects.toMatchObject({ code: "bad_config" });
  });
});
