import { describe, expect, it } from "vitest";
import { bootstrapLoss } from "../../src/sim/scenarios/bootstrap-loss.ts";
import { partition } from "../../src/sim/scenarios/partition.ts";

describe("a mesh", () => {
  it.each([1, 2])("that was in two for ten minutes is one again, seed %i", async (seed) => {
    const report = await partition({ nodes: 40, seed, trials: 300 });
    expect(report).toMatchObject({ ok: true, trials: 300, found: 300 });
    // It was apart: who provides on the other side was out of reach.
    expect(report.apart.success).toBeLessThan(0.9);
  });

  it.each([1, 2])(
    "without bootstrap nodes runs on, and who restarts rejoins, seed %i",
    async (seed) => {
      const report = await bootstrapLoss({ nodes: 40, seed, trials: 300 });
      expect(report).toMatchObject({ ok: true, running: { success: 1 }, success: 1 });
      expect(report.restarted).toBeGreaterThan(1);
      expect(report.rejoined).toBe(report.restarted);
    },
  );
});
