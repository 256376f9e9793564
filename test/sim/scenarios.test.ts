import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { Population } from "../../src/sim/population.ts";
import { groundIds, sybil } from "../../src/sim/scenarios/attack.ts";
import { bootstrapLoss } from "../../src/sim/scenarios/bootstrap-loss.ts";
import { churn } from "../../src/sim/scenarios/churn.ts";
import { lookup } from "../../src/sim/scenarios/lookup.ts";
import { partition } from "../../src/sim/scenarios/partition.ts";
import { World } from "../../src/sim/world.ts";

describe("a mesh", () => {
  it.each([
    [12, 1],
    [60, 2],
  ])(
    "of %i nodes takes %i searches to know that nobody provides something",
    async (nodes, count) => {
      const world = new World({ seed: 1, link: { delay: [1, 5] } });
      const population = new Population(world, { nodes, gatewaysOfTen: 10 });
      await population.start();
      await population.ready();
      await world.advance(20_000);
      const node = population.members[5]?.node as MeshNode;
      const searches = (): number => node.status().counters.lookups ?? 0;
      const before = searches();
      const { providers } = await world.run(node.lookup("nobody.provides"));
      expect([providers.length, searches() - before]).toEqual([0, count]);
    },
  );

  it.each([1, 2])("that is calm finds everything, seed %i", async (seed) => {
    const report = await lookup({ nodes: 60, seed, trials: 600 });
    expect(report).toMatchObject({ ok: true, trials: 600, found: 600 });
  });

  it.each([1, 2])(
    "half of which leaves within an hour finds what is there, seed %i",
    async (seed) => {
      const report = await churn({ nodes: 40, seed, trials: 300 });
      expect(report).toMatchObject({ ok: true });
      expect(report.found).toBe(report.trials);
      expect(report.upkeep).toBeLessThan(900);
    },
  );

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
