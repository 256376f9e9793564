import { MeshError } from "../base/errors.ts";
import { chain } from "./chain.ts";
import { World } from "./world.ts";

export interface ScenarioOptions {
  readonly nodes: number;
  /** A whole number below 2^53. */
  readonly seed: number;
}

/** What a scenario has found out. Two runs with the same options have equal reports. */
export interface ScenarioReport {
  readonly scenario: string;
  readonly nodes: number;
  readonly seed: number;
  /** Everything that should hold did. */
  readonly ok: boolean;
  /** What did not hold, in words. */
  readonly problems: readonly string[];
  readonly [finding: string]: unknown;
  /** Virtual milliseconds that have passed. */
  readonly virtualMs: number;
  readonly events: number;
  /** Stands for everything that happened. */
  readonly traceHash: string;
}

/** What a scenario adds to its report. */
export interface Findings {
  readonly problems: readonly string[];
  readonly [finding: string]: unknown;
}

/** Runs in a fresh world and says what it found. */
export type Scenario = (world: World, nodes: number) => Promise<Findings>;

const ALL: ReadonlyMap<string, Scenario> = new Map([["chain", chain]]);

/** Names of the scenarios there are. */
export const SCENARIOS: readonly string[] = [...ALL.keys()];

/**
 * Runs a scenario in a world of its own.
 *
 * @throws {MeshError} `bad_config` for a scenario or a number of nodes that cannot be; `internal` with the end of
 *   the trace where the world came to rest too early or turned in a circle.
 */
export async function runScenario(name: string, options: ScenarioOptions): Promise<ScenarioReport> {
  const scenario = ALL.get(name);
  if (scenario === undefined) {
    throw new MeshError(
      "bad_config",
      `there is no scenario "${name}", only ${SCENARIOS.join(", ")}`,
    );
  }
  const { nodes, seed } = options;
  const world = new World({ seed, link: { delay: [1, 20], loss: 0.01 } });
  const { problems, ...findings } = await scenario(world, nodes);
  return {
    scenario: name,
    nodes,
    seed,
    ok: problems.length === 0,
    problems,
    ...findings,
    virtualMs: world.clock.now(),
    events: world.clock.events,
    traceHash: world.trace.hash,
  };
}
