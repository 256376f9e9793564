import { LookupCount } from "../lookups.ts";
import type { Member } from "../population.ts";
import { type LookupReportOf, reportOf, type SettledMesh, settledMesh } from "./mesh.ts";
import type { ScenarioOptions } from "./scenario.ts";

/** Share of the nodes that leave within an hour, without a word. */
const LEAVE_PER_HOUR = 0.5;

const HOUR = 3_600_000;

/** Time in which nodes come and go: first alone, to see what upkeep costs, then with lookups. */
const QUIET = 300_000;
const LOOKING = 600_000;

/** Lookups of live procedures that have to succeed, and bytes of upkeep a second and node. */
const GATE = 0.999;
const UPKEEP_MAX = 900;

export interface ChurnReport extends LookupReportOf {
  readonly left: number;
  /** Bytes a node sends in a second while nobody looks anything up: pings, joins, renewals and all. */
  readonly upkeep: number;
}

/**
 * Nodes leave without a word and others come in their place, half of all in an hour. Looked up is what is provided by
 * a node that is still there. 30,000 lookups where nothing else is said.
 */
export async function churn(options: ScenarioOptions): Promise<ChurnReport> {
  const { trials = 30_000, nodes, progress } = options;
  const mesh = await settledMesh(options);
  const { world, population } = mesh;
  const pause = HOUR / (nodes * LEAVE_PER_HOUR);
  let left = 0;
  const step = async (): Promise<void> => {
    replaceOne(mesh);
    left += 1;
    await population.add();
    // Exponential pauses: who leaves does not look at a clock that others know.
    await world.advance(-Math.log(1 - mesh.random.below(2 ** 32) / 2 ** 32) * pause);
    progress?.(`${left} nodes have left, ${Math.round(world.clock.now() / 1_000)} s have passed`);
  };
  const [quietFrom, bytesFrom] = [world.clock.now(), world.bytesDelivered];
  while (world.clock.now() < quietFrom + QUIET) await step();
  const seconds = (world.clock.now() - quietFrom) / 1_000;
  const upkeep = (world.bytesDelivered - bytesFrom) / seconds / nodes;
  const count = new LookupCount();
  const from = world.clock.now();
  while (world.clock.now() < from + LOOKING) {
    await step();
    const due = Math.ceil((trials * (world.clock.now() - from)) / LOOKING) - count.trials;
    await count.run(population, mesh.provided, Math.max(0, due), mesh.random);
  }
  const figures = count.figures();
  const ok = figures.success >= GATE && upkeep <= UPKEEP_MAX;
  return { ...reportOf("churn", options, mesh, figures, ok), left, upkeep };
}

/** One node by chance is gone; the bootstrap node stays, for those who come. */
function replaceOne({ population, random }: SettledMesh): void {
  const mortal = population.alive.filter(({ mode }) => mode !== "bootstrap");
  population.crash(mortal[random.below(mortal.length)] as Member);
}
