import { MeshError } from "../../base/errors.ts";
import { toNodeId } from "../../base/id.ts";
import { distancesFrom, type Graph, neighboursIn, type Shape, shapedGraph } from "../graph.ts";
import { overlayGraph } from "../overlay-graph.ts";
import { SeededRandom } from "../random.ts";
import { RouteMesh } from "../route-mesh.ts";
import { type Spread, spreadOf } from "../spread.ts";
import { ROUTING_SHAPES, type RoutingShape } from "./routing-shapes.ts";
import type { ScenarioOptions, ScenarioReport } from "./scenario.ts";

/** Calls where nothing else is said, and how long each may take. */
const CALLS = 1_000;
const TIMEOUT = 5_000;
const MAX_HOPS = 10;

/** One of so many nodes of an overlay is a gateway. */
const GATEWAY_OF = 5;

/** Shares of nodes that are dead, and the share of calls between the others that has to succeed all the same. */
const DEAD: readonly (readonly [number, number])[] = [
  [0.1, 0.999],
  [0.2, 0.995],
  [0.3, 0.98],
];

/** What an overlay keeps to: links of a gateway and of an edge, hops for each bit of its size, and stretch. */
const GATEWAY_LINKS_MAX = 70;
const EDGE_LINKS_MAX = 6;
const HOPS_PER_BIT = 0.5;
const STRETCH_MAX = 1.5;

/** What came of many calls. */
interface CallFigures {
  readonly calls: number;
  /** Calls whose provider is at most as many forwarders away as a call may pass. */
  readonly within: number;
  /** Of those, and of the others: each of the others has to fail by name. */
  readonly delivered: number;
  readonly deliveredBeyond: number;
  readonly success: number;
  readonly executedTwice: number;
}

export interface RoutingReport extends ScenarioReport, CallFigures {
  readonly shape: RoutingShape;
  readonly hops: Spread;
  /** Links passed, for each link of the shortest way. */
  readonly stretch: Spread;
  readonly transmissionsPerCall: number;
  /** Frames of every kind, answers and searches included. */
  readonly framesPerCall: number;
  readonly gatewayLinks: Spread;
  readonly edgeLinks: Spread;
  /** Bytes that a node keeps for routing when all is done. */
  readonly stateBytes: Spread;
  /** With so many nodes dead that nobody has noticed yet, all calls at one moment. */
  readonly dead: readonly (CallFigures & { readonly share: number; readonly gate: number })[];
}

interface Plan {
  readonly graph: Graph;
  readonly isTransit: (node: number) => boolean;
  readonly anchors: readonly (readonly number[])[] | undefined;
}

type RunFigures = Pick<RoutingReport, "virtualMs" | "events" | "traceHash">;

/** The neighbours of each node. */
type Linked = readonly (readonly number[])[];

interface Call {
  readonly from: number;
  readonly to: number;
  /** Forwarders on the shortest way; Infinity where there is none. */
  readonly hops: number;
}

/**
 * Calls between nodes by chance over links of a given shape, with the real routing and no transport. Overlays are
 * tried again with a tenth, a fifth and three tenths of their nodes dead.
 */
export async function routing(options: ScenarioOptions): Promise<RoutingReport> {
  const { nodes, seed, shape = "healthy", progress } = options;
  if (!ROUTING_SHAPES.includes(shape as RoutingShape)) {
    throw new MeshError("bad_config", `a shape is one of ${ROUTING_SHAPES.join(", ")}`);
  }
  const plan = planOf(shape as RoutingShape, nodes, seed);
  const linked = neighboursIn(plan.graph);
  const living = await withAll(plan, linked, options);
  const isOverlay = plan.anchors !== undefined;
  const dead: RoutingReport["dead"][number][] = [];
  for (const [share, gate] of isOverlay ? DEAD : []) {
    dead.push({ share, gate, ...(await withDead(plan, linked, share, options)) });
    progress?.(`calls with ${share * 100} % dead are made`);
  }
  return {
    scenario: "routing",
    shape: shape as RoutingShape,
    ok: isGood(nodes, isOverlay, living, living) && dead.every((it) => it.success >= it.gate),
    nodes,
    seed,
    ...living,
    dead,
  };
}

/** One call after the other. Keeps nothing of the mesh, which of a large one takes gigabytes. */
async function withAll(
  plan: Plan,
  linked: Linked,
  { nodes, seed, trials = CALLS, progress }: ScenarioOptions,
): Promise<CallFigures & ShapeFigures & RunFigures> {
  const mesh = meshOf(plan, seed);
  progress?.(`${nodes} nodes are linked`);
  const calls = chooseCalls(plan, linked, trials, seed, new Set());
  const results: unknown[] = [];
  for (const [at, call] of calls.entries()) {
    results.push(await mesh.run(mesh.call(call.from, call.to, String(at), TIMEOUT, MAX_HOPS)));
    progress?.(`${at + 1} of ${calls.length} calls made`);
  }
  return {
    ...figuresOf(mesh, calls, results),
    ...shapeFigures(mesh, plan, linked, calls, results),
    virtualMs: mesh.clock.now(),
    events: mesh.clock.events,
    traceHash: mesh.trace.hash,
  };
}

function planOf(shape: RoutingShape, nodes: number, seed: number): Plan {
  if (shape !== "healthy" && shape !== "random-gateway") {
    const graph = shapedGraph(shape satisfies Shape, nodes, seed);
    return { graph, isTransit: () => true, anchors: undefined };
  }
  if (nodes < 20) throw new MeshError("bad_config", "an overlay has 20 nodes or more");
  const ids = Array.from({ length: nodes }, (_, number) =>
    toNodeId(new SeededRandom(seed, number * 2 + 2).bytes(32)),
  );
  const anchoring = shape === "healthy" ? "nearest" : "random";
  const random = new SeededRandom(seed, 0x0e);
  const graph = overlayGraph(ids, Math.ceil(nodes / GATEWAY_OF), anchoring, random);
  return { graph, isTransit: graph.isGateway, anchors: graph.anchors };
}

function meshOf({ graph, isTransit, anchors }: Plan, seed: number): RouteMesh {
  return new RouteMesh({ seed, graph, isTransit, ...(anchors ? { anchors } : {}) });
}

/** Pairs by chance and how far apart they are. Where nodes are dead: living pairs that have a way past them. */
function chooseCalls(
  { graph, isTransit }: Plan,
  linked: Linked,
  count: number,
  seed: number,
  dead: ReadonlySet<number>,
): Call[] {
  const random = new SeededRandom(seed, 0xca11 + dead.size);
  const living = Array.from({ length: graph.size }, (_, node) => node).filter(
    (node) => !dead.has(node),
  );
  const passes = (node: number): boolean => isTransit(node) && !dead.has(node);
  const calls: Call[] = [];
  for (let tries = 0; calls.length < count && tries < count * 10; tries++) {
    const from = living[random.below(living.length)] as number;
    const to = living[random.below(living.length)] as number;
    if (from === to) continue;
    const hops = (distancesFrom(linked, from, passes)[to] as number) - 1;
    if (dead.size === 0 || hops <= MAX_HOPS) calls.push({ from, to, hops });
  }
  return calls;
}

/** All calls at one moment, in a mesh that does not know yet who is dead. */
async function withDead(
  plan: Plan,
  linked: Linked,
  share: number,
  { seed, trials = CALLS }: ScenarioOptions,
): Promise<CallFigures> {
  const random = new SeededRandom(seed, 0xdead);
  const dead = new Set<number>();
  while (dead.size < plan.graph.size * share) dead.add(random.below(plan.graph.size));
  const mesh = meshOf(plan, seed);
  for (const node of dead) mesh.kill(node);
  const calls = chooseCalls(plan, linked, trials, seed, dead);
  const work = calls.map((call, at) =>
    mesh.call(call.from, call.to, String(at), TIMEOUT, MAX_HOPS),
  );
  return figuresOf(mesh, calls, await mesh.run(Promise.all(work)));
}

function figuresOf(
  mesh: RouteMesh,
  calls: readonly Call[],
  results: readonly unknown[],
): CallFigures {
  const isDelivered = (at: number): boolean => typeof results[at] === "number";
  const isWithin = ({ hops }: Call): boolean => hops <= MAX_HOPS;
  const within = calls.filter(isWithin).length;
  const delivered = calls.filter((call, at) => isWithin(call) && isDelivered(at)).length;
  return {
    calls: calls.length,
    within,
    delivered,
    deliveredBeyond: calls.filter((call, at) => !isWithin(call) && isDelivered(at)).length,
    success: within === 0 ? 1 : delivered / within,
    executedTwice: [...mesh.executions.values()].filter((count) => count > 1).length,
  };
}

type ShapeFigures = Pick<
  RoutingReport,
  | "hops"
  | "stretch"
  | "transmissionsPerCall"
  | "framesPerCall"
  | "gatewayLinks"
  | "edgeLinks"
  | "stateBytes"
>;

function shapeFigures(
  mesh: RouteMesh,
  { graph, isTransit }: Plan,
  linked: Linked,
  calls: readonly Call[],
  results: readonly unknown[],
): ShapeFigures {
  const hops = results.map((result) => (typeof result === "number" ? result : Number.NaN));
  const there = [...hops.keys()].filter((at) => !Number.isNaN(hops[at]));
  const stretch = there.map((at) => ((hops[at] as number) + 1) / ((calls[at] as Call).hops + 1));
  const nodes = Array.from({ length: graph.size }, (_, node) => node);
  const links = (wanted: boolean): Spread =>
    spreadOf(
      nodes.filter((node) => isTransit(node) === wanted).map((node) => lengthOf(linked, node)),
    );
  return {
    hops: spreadOf(there.map((at) => hops[at] as number)),
    stretch: spreadOf(stretch),
    transmissionsPerCall: mesh.sent.calls / calls.length,
    framesPerCall: mesh.sent.frames / calls.length,
    gatewayLinks: links(true),
    edgeLinks: links(false),
    stateBytes: spreadOf(mesh.nodes.map((node) => node.stateBytes)),
  };
}

function lengthOf(linked: Linked, node: number): number {
  return linked[node]?.length ?? 0;
}

function isGood(
  nodes: number,
  isOverlay: boolean,
  figures: CallFigures,
  { hops, stretch, gatewayLinks, edgeLinks }: ShapeFigures,
): boolean {
  const isWhole =
    figures.success === 1 && figures.deliveredBeyond === 0 && figures.executedTwice === 0;
  if (!isOverlay) return isWhole;
  const isShort = hops.mean <= HOPS_PER_BIT * Math.log2(nodes) && stretch.mean <= STRETCH_MAX;
  const isSmall = gatewayLinks.max <= GATEWAY_LINKS_MAX && edgeLinks.max <= EDGE_LINKS_MAX;
  return isWhole && isShort && isSmall;
}
