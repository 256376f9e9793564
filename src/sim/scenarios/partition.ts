import { LookupCount, type LookupFigures } from "../lookups.ts";
import { type LookupReportOf, reportOf, settledMesh } from "./mesh.ts";
import type { ScenarioOptions } from "./scenario.ts";

/** How long both halves are apart, and the time they have afterwards to find each other. */
const APART = 600_000;
const HEALED = 30_000;

/** Lookups after that which have to succeed. */
const GATE = 0.999;

export interface PartitionReport extends LookupReportOf {
  /** What lookups came to while the halves were apart: of all procedures, the other half's too. */
  readonly apart: Pick<LookupFigures, "trials" | "found" | "success">;
}

/**
 * Every second node loses sight of all others for ten minutes. Looked up is what anybody provides, half a minute after
 * they see each other again. 30,000 lookups where nothing else is said.
 */
export async function partition(options: ScenarioOptions): Promise<PartitionReport> {
  const { trials = 30_000, progress } = options;
  const mesh = await settledMesh(options);
  const { world, population } = mesh;
  const half = (rest: number): string[] =>
    population.members
      .filter(({ number }) => number % 2 === rest)
      .map(({ number }) => world.ip(number));
  world.network.conditions.partition([half(0), half(1)]);
  for (let passed = 0; passed < APART; passed += 10_000) {
    await world.advance(10_000);
    progress?.(`apart for ${passed / 1_000} s`);
  }
  const apart = new LookupCount(progress);
  await apart.run(population, mesh.provided, Math.ceil(trials / 30), mesh.random);
  world.network.conditions.healAll();
  await world.advance(HEALED);
  const count = new LookupCount(progress);
  await count.run(population, mesh.provided, trials, mesh.random);
  const figures = count.figures();
  const before = apart.figures();
  return {
    ...reportOf("partition", options, mesh, figures, figures.success >= GATE),
    apart: { trials: before.trials, found: before.found, success: before.success },
  };
}
