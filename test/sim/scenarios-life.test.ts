import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { Population } from "../../src/sim/population.ts";
import { churn } from "../../src/sim/scenarios/churn.ts";
import { lookup } from "../../src/sim/scenarios/lookup.ts";
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
});
