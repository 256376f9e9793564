import { MeshError } from "../../base/errors.ts";
import { type LookupFigures, type Provided, provide } from "../lookups.ts";
import { Population, type PopulationOptions } from "../population.ts";
import { SeededRandom } from "../random.ts";
import { World } from "../world.ts";
import type { ScenarioOptions, ScenarioReport } from "./scenario.ts";

/** Nodes up to which every frame is signed with real keys. */
export const REAL_KEYS_MAX = 1_000;

/** Time for the last ones to find their places. */
const SETTLE = 20_000;
const SETTLE_STEP = 1_000;

/** A mesh that has settled, and what is provided in it. */
export interface SettledMesh {
  readonly world: World;
  readonly population: Population;
  readonly provided: readonly Provided[];
  readonly random: SeededRandom;
}

/** What every scenario reports that looks procedures up. */
export interface LookupReportOf extends ScenarioReport, LookupFigures {
  readonly keys: "real" | "cheap";
  readonly procedures: number;
}

/** Keys of a world of so many nodes. */
export function keysFor(nodes: number): "real" | "cheap" {
  return nodes > REAL_KEYS_MAX ? "cheap" : "real";
}

/**
 * Nodes that joined through bootstrap nodes and settled; a tenth of as many procedures as nodes, at most 100, is
 * provided by some of them.
 *
 * @throws {MeshError} `bad_config` for fewer than 20 nodes.
 */
export async function settledMesh(
  { nodes, seed, progress }: ScenarioOptions,
  options: Partial<PopulationOptions> = {},
): Promise<SettledMesh> {
  if (nodes < 20) throw new MeshError("bad_config", "such a mesh has 20 nodes or more");
  const world = new World({ seed, keys: keysFor(nodes), link: { delay: [1, 5] } });
  const population = new Population(world, {
    nodes,
    onStart: (started) => progress?.(`${started} of ${nodes} nodes started`),
    ...options,
  });
  await settle(population, progress);
  const random = new SeededRandom(seed, 0xfacade);
  const provided = await provide(population, Math.min(100, Math.ceil(nodes / 10)), random);
  return { world, population, provided, random };
}

/** Starts all nodes and gives them the time to find their places. */
export async function settle(
  population: Population,
  progress: ScenarioOptions["progress"],
): Promise<void> {
  await population.start();
  await population.ready();
  for (let passed = 0; passed < SETTLE; passed += SETTLE_STEP) {
    progress?.(
      `all nodes are ready; ${passed / 1_000} of ${SETTLE / 1_000} s to settle have passed`,
    );
    await population.world.advance(SETTLE_STEP);
  }
}

/** What all of these scenarios report in the same way. */
export function reportOf(
  scenario: string,
  { nodes, seed }: ScenarioOptions,
  { world, provided }: SettledMesh,
  figures: LookupFigures,
  ok: boolean,
): LookupReportOf {
  return {
    scenario,
    ok,
    nodes,
    seed,
    keys: keysFor(nodes),
    procedures: provided.length,
    ...figures,
    virtualMs: world.clock.now(),
    events: world.clock.events,
    traceHash: world.trace.hash,
  };
}
