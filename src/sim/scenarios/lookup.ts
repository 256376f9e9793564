import { LookupCount } from "../lookups.ts";
import { type LookupReportOf, reportOf, settledMesh } from "./mesh.ts";
import type { ScenarioOptions } from "./scenario.ts";

/** Lookups that have to find their provider in a calm mesh, and the steps that 99 of 100 take at most. */
const GATE = 0.9999;
const STEPS_MAX = 4;

/** Lookups in a calm mesh: from nodes by chance, of procedures by chance. 30,000 where nothing else is said. */
export async function lookup(options: ScenarioOptions): Promise<LookupReportOf> {
  const { trials = 30_000, progress } = options;
  const mesh = await settledMesh(options);
  const count = new LookupCount(progress);
  await count.run(mesh.population, mesh.provided, trials, mesh.random);
  const figures = count.figures();
  const ok = figures.success >= GATE && figures.steps.p99 <= STEPS_MAX;
  return reportOf("lookup", options, mesh, figures, ok);
}
