import { medians, quantile } from "./figures.mjs";
import { judged } from "./gates.mjs";
import { withProcesses } from "./processes.mjs";

/** Processes that share the nodes evenly. */
const PROCESSES = 5;
/** Seconds that all nodes together may take to join, and one process to look everything up. */
const JOIN_SECONDS = 30;
const LOOKUP_SECONDS = 60;

export const DISCOVERY_NAMES = ["mesh"];

const GATES = {
  success: { of: (it) => it.mesh.lookup.success, gate: 1, aim: 1 },
  lookupP50Ms: { of: (it) => it.mesh.lookup.p50Ms, gate: 5, aim: 0.6, most: true },
  lookupP99Ms: { of: (it) => it.mesh.lookup.p99Ms, gate: 30, aim: 3, most: true },
  joinMs: { of: (it) => it.mesh.join.wholeMs, gate: 5_000, aim: 1_000, most: true },
  memoryPerNodeMb: { of: (it) => it.mesh.memoryPerNode.rssMb, gate: 4, aim: 0.7, most: true },
};

/** Many nodes that are given one address find each other, and every procedure is found from everywhere. */
export async function benchDiscovery({ runs, nodes, calm, tell, profile }) {
  const measured = [];
  for (let run = 1; run <= runs; run++) {
    tell(`mesh, run ${run} of ${runs}`);
    const profiles = profile ? "mesh" : undefined;
    measured.push(await withProcesses(profiles, (all) => measure(all, { nodes, calm, tell })));
  }
  const mesh = medians(measured);
  // One lookup that failed counts, in whichever run that was.
  mesh.lookup.success = Math.min(...measured.map(({ lookup }) => lookup.success));
  return { mesh, gates: judged(GATES, { mesh }) };
}

async function measure(processes, { nodes, calm, tell }) {
  const names = Array.from({ length: PROCESSES }, (_, at) => `process${at + 1}`);
  const all = await Promise.all(
    names.map((name) => processes.start(name, { kind: "population", calm })),
  );
  const join = await joinAll(all, nodes);
  const registered = await Promise.all(all.map((process) => process.ask("register")));
  const procedures = registered.flatMap(({ procedures: names }) => names);
  const lookups = await lookUpAll(all, procedures, tell);
  const shares = await Promise.all(all.map((process) => process.ask("share", undefined, calm)));
  return {
    join,
    register: spread(registered.flatMap(({ times }) => times)),
    ...lookups,
    memoryPerNode: memoryPerNode(shares, nodes),
    links: {
      gateway: meanAndMax(shares.flatMap(({ links }) => links.gateway)),
      edge: meanAndMax(shares.flatMap(({ links }) => links.edge)),
    },
  };
}

/** What all processes together have grown by, shared out to the nodes. */
function memoryPerNode(shares, nodes) {
  const grown = (field) =>
    shares.reduce((sum, { now, before }) => sum + now[field] - before[field], 0);
  const fields = Object.keys(shares[0].now);
  return Object.fromEntries(fields.map((field) => [field, grown(field) / nodes]));
}

function meanAndMax(counts) {
  return {
    mean: counts.reduce((sum, count) => sum + count, 0) / counts.length,
    max: Math.max(...counts),
  };
}

/** The first node is the address that all others are given; those start at once, in all processes. */
async function joinAll(all, nodes) {
  const [first] = all;
  const [entrance] = await first.ask("join", { count: 1, bootstrap: [] });
  const counts = all.map((_, at) => Math.ceil((nodes - at) / all.length));
  counts[0] -= 1;
  const asked = all.map((process, at) =>
    process.ask("join", { count: counts[at], bootstrap: [entrance.address] }, JOIN_SECONDS),
  );
  const joined = (await Promise.all(asked)).flat();
  const from = Math.min(...joined.map(({ startedAt }) => startedAt));
  const until = Math.max(...joined.map(({ readyAt }) => readyAt));
  const times = joined.map(({ startedAt, readyAt }) => readyAt - startedAt);
  return { wholeMs: until - from, ...spread(times) };
}

/** Every procedure from every node that does not provide it, one at a time in the whole mesh. */
async function lookUpAll(all, procedures, tell) {
  const parts = [];
  for (const process of all) {
    parts.push(await process.ask("lookUp", { procedures }, LOOKUP_SECONDS));
  }
  const failed = parts.find(({ error }) => error !== null);
  if (failed !== undefined) tell(`a lookup failed: ${failed.error}`);
  const count = parts.reduce((sum, { asked }) => sum + asked, 0);
  const local = parts.reduce((sum, part) => sum + part.local, 0);
  const times = parts.flatMap(({ lookups }) => lookups);
  return {
    lookup: { count, success: times.length / count, local: local / count, ...spread(times) },
    firstCall: spread(parts.flatMap(({ calls }) => calls)),
  };
}

function spread(times) {
  const sorted = Float64Array.from(times).sort();
  if (sorted.length === 0) return { p50Ms: null, p99Ms: null, maxMs: null };
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), maxMs: sorted.at(-1) };
}
