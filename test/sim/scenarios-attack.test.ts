import { describe, expect, it } from "vitest";
import { groundIds, sybil } from "../../src/sim/scenarios/attack.ts";

describe("a mesh", () => {
  it.each([1, 2, 3])("with liars in it finds what is honest, seed %i", async (seed) => {
    const report = await sybil({ nodes: 400, seed, trials: 600 });
    expect(report.ok, JSON.stringify(report.results)).toBe(true);
  });

  it("with liars in it loses too much where every lookup takes three paths", async () => {
    const report = await sybil({ nodes: 400, seed: 1, trials: 600, paths: 3 });
    expect(report).toMatchObject({ ok: false, paths: 3 });
    expect(report.results[0]).toMatchObject({ hostile: 0, success: 1 });
  });

  it.each([1, 2])("finds a record whose key is crowded, seed %i", async (seed) => {
    const report = await groundIds({ nodes: 500, seed, trials: 600 });
    expect(report.ok, JSON.stringify(report.results)).toBe(true);
  });
});
