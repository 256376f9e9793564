import { LookupCount, type LookupFigures } from "../lookups.ts";
import { type LookupReportOf, reportOf, settledMesh } from "./mesh.ts";
import type { ScenarioOptions } from "./scenario.ts";

/** Bootstrap nodes, all of which are lost. */
const BOOTSTRAPS = 3;

/** One of so many other nodes is started again afterwards. */
const RESTARTED_OF = 10;

/** Time the mesh has to write down what it knows, and the restarted ones have to find it again. */
const WRITTEN = 60_000;
const REJOIN = 60_000;

const GATE = 0.999;

export interface BootstrapLossReport extends LookupReportOf {
  /** What nodes that ran on came to, right after the loss. */
  readonly running: Pick<LookupFigures, "trials" | "found" | "success">;
  readonly restarted: number;
  readonly rejoined: number;
}

/**
 * All bootstrap nodes die. Those that run on look up what is provided; then a tenth of them is killed and started
 * again, knows nobody but whom its disk names, and all look up again. 30,000 lookups where nothing else is said.
 */
export async function bootstrapLoss(options: ScenarioOptions): Promise<BootstrapLossReport> {
  const { trials = 30_000, progress } = options;
  const mesh = await settledMesh(options, { bootstraps: BOOTSTRAPS, isKept: true });
  const { world, population, provided, random } = mesh;
  await world.advance(WRITTEN);
  for (const member of population.alive.slice(0, BOOTSTRAPS)) population.crash(member);
  const running = new LookupCount(progress);
  await running.run(population, provided, Math.ceil(trials / 2), random);
  progress?.("the nodes that run on have looked up what they wanted; some start again");
  const providers = new Set(provided.map(({ provider }) => provider));
  const chosen = population.alive.filter(
    (member) => member.number % RESTARTED_OF === 5 && !providers.has(member),
  );
  for (const member of chosen) population.crash(member);
  await world.advance(10_000);
  for (const member of chosen) await population.restart(member);
  await world.advance(REJOIN);
  const rejoined = chosen.filter(({ readyAfter }) => readyAfter !== undefined).length;
  const count = new LookupCount(progress);
  await count.run(population, provided, Math.ceil(trials / 2), random);
  const figures = count.figures();
  const before = running.figures();
  const isWhole = rejoined === chosen.length && before.success >= GATE && figures.success >= GATE;
  return {
    ...reportOf("bootstrap-loss", options, mesh, figures, isWhole),
    running: { trials: before.trials, found: before.found, success: before.success },
    restarted: chosen.length,
    rejoined,
  };
}
