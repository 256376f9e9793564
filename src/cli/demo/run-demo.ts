import { isDeepStrictEqual } from "node:util";
import type { DemoReport, Links, RouteStep } from "./demo-report.ts";
import type { CallSummary, Ready, Step } from "./message.ts";
import { StationProcess } from "./station.ts";
import { EXPECTED_LINKS, STATIONS, type Station, type StationName } from "./topology.ts";

/** Bound on each single step of the demo, in milliseconds. */
const STEP_TIMEOUT = 10_000;
/** Bound on all calls together: a fixed part, and a part for each. */
const CALLS_TIMEOUT = 20_000;
const CALL_TIMEOUT = 10;

export interface DemoOptions {
  readonly calls: number;
  /** The text that `text.count` counts. */
  readonly text: string;
  readonly signal: AbortSignal;
  /** Told what happens as it happens, in words for a person. */
  readonly progress: (line: string) => void;
}

export interface DemoOutcome {
  readonly report: DemoReport;
  /** The first few failed calls, in words. */
  readonly examples: readonly string[];
}

interface Running {
  readonly process: StationProcess;
  readonly ready: Ready;
}

type Mesh = ReadonlyMap<StationName, Running>;

/**
 * Starts the five processes, makes the calls, and ends the processes however that went.
 *
 * @throws {MeshError} `cancelled` when `signal` fires, `timeout` or `internal` when a process does not
 *   come up or breaks down.
 */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const processes: StationProcess[] = [];
  try {
    return await runWith(options, processes);
  } finally {
    await endAll(processes);
  }
}

/** The ends of the chain first: the provider withdraws its procedures over forwarders that still run. */
async function endAll(processes: readonly StationProcess[]): Promise<void> {
  const isGateway = (it: StationProcess): boolean =>
    STATIONS.some(({ name, mode }) => name === it.name && mode === "gateway");
  const end = (it: StationProcess): Promise<void> => it[Symbol.asyncDispose]();
  await Promise.all(processes.filter((it) => !isGateway(it)).map(end));
  await Promise.all(processes.filter(isGateway).map(end));
}

async function runWith(options: DemoOptions, processes: StationProcess[]): Promise<DemoOutcome> {
  const { calls, text, signal, progress } = options;
  const mesh = await startAll(options, processes);
  const client = mesh.get("client") as Running;
  const linksBefore = await countLinks(mesh, signal);
  progress(`making ${calls.toLocaleString("en")} calls, one after the other …`);
  const allCalls = { count: calls, text };
  const timeout = CALLS_TIMEOUT + calls * CALL_TIMEOUT;
  const summary = await client.process.ask("calls", allCalls, signal, timeout);
  const steps = await client.process.ask("route", text, signal);
  const linksAfter = await countLinks(mesh, signal);
  const report = sumUp(mesh, steps, summary, { linksBefore, linksAfter });
  return { report, examples: summary.examples };
}

async function startAll(options: DemoOptions, processes: StationProcess[]): Promise<Mesh> {
  const mesh = new Map<StationName, Running>();
  for (const station of STATIONS) {
    const process = new StationProcess({
      name: station.name,
      mode: station.mode,
      bootstrap: bootstrapOf(station, mesh),
      timeout: STEP_TIMEOUT,
    });
    processes.push(process);
    const ready = await process.ready(options.signal);
    mesh.set(station.name, { process, ready });
    options.progress(describe(station, process, ready));
  }
  return mesh;
}

function bootstrapOf(station: Station, mesh: Mesh): readonly string[] {
  const address = station.dials && mesh.get(station.dials)?.ready.addresses[0];
  return address === undefined ? [] : [address];
}

function describe(station: Station, process: StationProcess, ready: Ready): string {
  const place = ready.addresses[0]?.split("@").at(-1);
  const facts = [
    `process ${process.pid}`,
    `id ${ready.id.slice(0, 8)}`,
    place && `listens on ${place}`,
    station.dials && `dials ${station.dials}`,
  ].filter((fact) => fact !== undefined);
  return `${station.name.padEnd(8)}  ${station.mode.padEnd(7)}  ${facts.join(", ")}`;
}

async function countLinks(mesh: Mesh, signal: AbortSignal): Promise<Links> {
  const counts = await Promise.all(
    [...mesh].map(async ([name, { process }]) => [
      name,
      await process.ask("links", undefined, signal),
    ]),
  );
  return Object.fromEntries(counts) as Links;
}

/** The way of a call with each hop's own share of the time. */
function toRoute(mesh: Mesh, steps: readonly Step[]): RouteStep[] {
  const names = new Map([...mesh].map(([name, { ready }]) => [ready.id, name]));
  return steps.map(({ node, rule, roundTrip }, at) => {
    const before = steps[at - 1]?.roundTrip ?? 0;
    const role = names.get(node) as StationName;
    // Words of different nodes may overtake each other on their way back.
    return { node, role, rule: rule ?? "unknown", ms: round(Math.max(0, roundTrip - before)) };
  });
}

function sumUp(
  mesh: Mesh,
  steps: readonly Step[],
  summary: CallSummary,
  links: { readonly linksBefore: Links; readonly linksAfter: Links },
): DemoReport {
  const client = mesh.get("client") as Running;
  const route = toRoute(mesh, steps);
  const between = route.slice(1, -1);
  const forwarders = new Set(between.map((step) => step.node)).size;
  const ok =
    summary.failures === 0 &&
    forwarders === 3 &&
    isDeepStrictEqual(links.linksBefore, EXPECTED_LINKS) &&
    isDeepStrictEqual(links.linksAfter, EXPECTED_LINKS);
  return {
    ok,
    calls: summary.calls,
    failures: summary.failures,
    hops: between.length,
    forwarders,
    ...links,
    coldStartMs: round((client.ready.firstAnswerAt ?? Number.NaN) - client.process.startedAt),
    p50Ms: round(summary.p50),
    p99Ms: round(summary.p99),
    route,
  };
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
