import { MeshError } from "../../base/errors.ts";
import type { LookupReport } from "../../node/api.ts";
import { Population } from "../population.ts";
import { SeededRandom } from "../random.ts";
import { type Spread, spreadOf } from "../spread.ts";
import { World } from "../world.ts";
import { keysFor, REAL_KEYS_MAX, settle } from "./mesh.ts";
import type { ScenarioOptions, ScenarioReport } from "./scenario.ts";

/** Links that a node carries at most. */
const GATEWAY_LINKS_MAX = 70;
const EDGE_LINKS_MAX = 6;

/** Lookups worth their time; every node looks up two procedures in any case. */
const LOOKUPS_WANTED = 20_000;

/** Steps that 99 of 100 lookups take at most. */
const STEPS_MAX = 4;

export interface JoinReport extends ScenarioReport {
  readonly keys: "real" | "cheap";
  /** Milliseconds from the start of a node to the moment it is ready. */
  readonly ready: Spread;
  /** Contacts a node knows, of whom it was told one. */
  readonly contacts: Spread;
  readonly gatewayLinks: Spread;
  readonly edgeLinks: Spread;
  readonly procedures: number;
  readonly lookups: number;
  readonly found: number;
  /** Answers that led to the provider. */
  readonly steps: Spread;
  /** Nodes asked in one lookup. */
  readonly asked: Spread;
  readonly virtualLookupMs: Spread;
}

/**
 * Nodes that know one bootstrap node each join one after the other. Then some of them register a procedure, and
 * every node looks up every one of them.
 *
 * @throws {MeshError} `bad_config` for fewer than 10 nodes.
 */
export async function join(options: ScenarioOptions): Promise<JoinReport> {
  const { nodes, seed, progress } = options;
  if (nodes < 10) throw new MeshError("bad_config", `a mesh to join has 10 nodes or more`);
  const keys = keysFor(nodes);
  const world = new World({ seed, keys, link: { delay: [1, 5] } });
  const population = new Population(world, {
    nodes,
    gap: nodes > REAL_KEYS_MAX ? 10 : 20,
    onStart: (started) => progress?.(`${started} of ${nodes} nodes started`),
  });
  await settle(population, progress);
  const procedures = Math.min(10, Math.max(2, Math.floor(LOOKUPS_WANTED / nodes)));
  await register(population, procedures);
  const reports = await lookUp(population, procedures, progress);
  const found = reports.filter(({ providers }) => providers.length > 0);
  const status = population.members.map(({ mode, node }) => ({ mode, ...sizes(node.status()) }));
  const linksOf = (isEdge: boolean): Spread =>
    spreadOf(status.filter(({ mode }) => (mode === "edge") === isEdge).map(({ links }) => links));
  const figures = {
    ready: spreadOf(population.members.map(({ readyAfter }) => readyAfter ?? Number.NaN)),
    contacts: spreadOf(status.map(({ contacts }) => contacts)),
    gatewayLinks: linksOf(false),
    edgeLinks: linksOf(true),
    steps: spreadOf(found.map(({ steps }) => steps)),
    asked: spreadOf(reports.map(({ asked }) => asked)),
    virtualLookupMs: spreadOf(reports.map(({ elapsed }) => elapsed)),
  };
  return {
    scenario: "join",
    ok:
      found.length === reports.length &&
      figures.contacts.min > 1 &&
      figures.gatewayLinks.max <= GATEWAY_LINKS_MAX &&
      figures.edgeLinks.max <= EDGE_LINKS_MAX &&
      figures.steps.p99 <= STEPS_MAX,
    nodes,
    seed,
    keys,
    ...figures,
    procedures,
    lookups: reports.length,
    found: found.length,
    virtualMs: world.clock.now(),
    events: world.clock.events,
    traceHash: world.trace.hash,
  };
}

function sizes(status: {
  readonly links: readonly unknown[];
  readonly bounds: Readonly<Record<string, { readonly used: number }>>;
}): { readonly links: number; readonly contacts: number } {
  return { links: status.links.length, contacts: status.bounds.contacts?.used ?? 0 };
}

async function register({ world, members }: Population, procedures: number): Promise<void> {
  const random = new SeededRandom(world.seed, 0xfacade);
  for (let procedure = 0; procedure < procedures; procedure++) {
    const member = members[random.below(members.length)];
    await world.run(Promise.resolve(member?.node.register(`procedure.${procedure}`, () => null)));
  }
}

/** Every node looks up every procedure, a few hundred nodes at a time. */
async function lookUp(
  { world, members }: Population,
  procedures: number,
  progress: ScenarioOptions["progress"],
): Promise<LookupReport[]> {
  const reports: LookupReport[] = [];
  for (let first = 0; first < members.length; first += 250) {
    const some = members.slice(first, first + 250);
    const lookups = some.flatMap(({ node }) =>
      Array.from({ length: procedures }, (_, at) => node.lookup(`procedure.${at}`)),
    );
    reports.push(...(await world.run(Promise.all(lookups))));
    progress?.(`${reports.length} of ${members.length * procedures} lookups done`);
  }
  return reports;
}
