import type { NodeStatus } from "../index.ts";
import { COUNTERS, GAUGES_AMONG_COUNTERS } from "./counter-table.ts";
import type { LoopDelay } from "./event-loop.ts";
import { Exposition, type Sample } from "./exposition.ts";
import { reasonsOf, WHAT_TO_DO } from "./reasons.ts";
import { isReady } from "./views.ts";

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * What Prometheus scrapes: the status of a node, the delay of its event loop and what its process takes. Base units, fixed
 * label values; none of them is ever chosen by a peer.
 */
export async function metricsText(status: NodeStatus, delay: LoopDelay): Promise<string> {
  const out = new Exposition();
  addState(out, status);
  addLinks(out, status);
  addPlace(out, status);
  addBounds(out, status);
  addCalls(out, status);
  addCounters(out, status);
  addProcess(out, delay);
  return await out.text();
}

const bit = (is: boolean): number => (is ? 1 : 0);

function addState(out: Exposition, status: NodeStatus): void {
  const { id, mode, realm, uptime, dialable } = status;
  const reasons = reasonsOf(status);
  const held = new Set(reasons.map(({ code }) => code));
  out.gauge("macula_node_info", "This node; always 1.", [[1, { node: id, mode, realm }]]);
  out.gauge("macula_uptime_seconds", "Seconds since the node was started.", [[uptime / 1_000]]);
  out.gauge("macula_ready", "Whether it has its place, and calls get to it.", [
    [bit(isReady(status))],
  ]);
  out.gauge("macula_healthy", "Whether nothing is wrong.", [[bit(reasons.length === 0)]]);
  out.gauge(
    "macula_health_reason",
    "Whether that is wrong; /health has the text, and what to do.",
    Object.keys(WHAT_TO_DO).map((code): Sample => [bit(held.has(code)), { reason: code }]),
  );
  out.gauge(
    "macula_dialable",
    "Whether neighbours that were asked to dial this node have reached it.",
    ["proved", "unproved", "failed"].map((state): Sample => [bit(dialable === state), { state }]),
  );
}

function addLinks(out: Exposition, { links, overlay, anchors, bootstrap }: NodeStatus): void {
  const kinds = ["transit", "edge", "shortcut"] as const;
  const directions = ["dialled", "accepted"] as const;
  const kindOf = (link: NodeStatus["links"][number]): string => {
    if (link.shortcut) return "shortcut";
    return link.transit ? "transit" : "edge";
  };
  const all = kinds.flatMap((kind) => directions.map((direction) => ({ kind, direction })));
  out.gauge(
    "macula_links",
    "Links by what the peer is to this node, and by who dialled.",
    all.map(({ kind, direction }): Sample => {
      const these = links.filter((link) => kindOf(link) === kind && link.direction === direction);
      return [these.length, { kind, direction }];
    }),
  );
  out.gauge("macula_link_buffered_bytes", "Bytes waiting on all links together.", [
    [links.reduce((sum, { buffered }) => sum + buffered, 0)],
  ]);
  out.gauge("macula_link_buffered_max_bytes", "Bytes waiting on the link with most of them.", [
    [Math.max(0, ...links.map(({ buffered }) => buffered))],
  ]);
  const roundTrips = links.map(({ roundTrip }) => roundTrip ?? 0);
  out.gauge("macula_link_round_trip_max_seconds", "Round trip of the slowest link.", [
    [Math.max(0, ...roundTrips) / 1_000],
  ]);
  out.gauge("macula_anchors", "Gateways it is reached through.", [[anchors.length]]);
  const connected = bootstrap.filter((it) => it.connected).length;
  out.gauge("macula_bootstrap_nodes", "Nodes of the bootstrap list.", [
    [connected, { state: "linked" }],
    [bootstrap.length - connected, { state: "not_linked" }],
  ]);
  if (overlay === undefined) return; // With static links there are none that it wants.
  out.gauge("macula_links_wanted", "Links that it wants for its place.", [[overlay.wanted]]);
  out.gauge("macula_links_held", "How many of these it has.", [[overlay.held]]);
  out.gauge("macula_peers_lost", "Nodes that went without a word and are looked for.", [
    [overlay.lost],
  ]);
}

function addPlace(out: Exposition, status: NodeStatus): void {
  const { contacts, sizeEstimate, records, procedures, registrations } = status;
  out.gauge("macula_contacts", "Nodes in the contact table.", [[contacts.length]]);
  out.gauge(
    "macula_mesh_nodes_estimate",
    "Nodes of the mesh that hold records: a guess, good to a third.",
    [[sizeEstimate]],
  );
  out.gauge("macula_records", "Records held for the mesh.", [[records.held]]);
  out.gauge("macula_record_keys", "Keys they lie at.", [[records.keys]]);
  out.gauge("macula_record_owners", "Nodes that signed them.", [[records.owners]]);
  out.gauge("macula_procedures", "Procedures this node provides.", [[procedures.length]]);
  const lonely = registrations.filter(({ copies }) => copies === 0).length;
  out.gauge("macula_registrations", "Its registrations.", [[registrations.length]]);
  out.gauge("macula_registrations_not_stored", "Those whose record no node is known to hold.", [
    [lonely],
  ]);
}

function addBounds(out: Exposition, { bounds }: NodeStatus): void {
  const all = Object.entries(bounds).map(([name, bound]) => ({
    ...bound,
    labels: { bound: snake(name) },
  }));
  out.gauge(
    "macula_bound_used",
    "What is held now of what has a bound.",
    all.map(({ used, labels }) => [used, labels]),
  );
  out.gauge(
    "macula_bound_max",
    "The most there may be.",
    all.map(({ max, labels }) => [max, labels]),
  );
}

/** `callsPending` → `calls_pending`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function addCalls(out: Exposition, { calls }: NodeStatus): void {
  const { outcomes, latency, hops } = calls;
  out.counter(
    "macula_calls_total",
    "Calls to other nodes that ended, by the way they left and by ok or the code of the error.",
    outcomes.map(({ strategy, outcome, count }) => [count, { strategy, outcome }]),
  );
  out.histogram(
    "macula_call_duration_seconds",
    "Time to the result, of calls that have one.",
    [
      [latency.direct, { strategy: "direct" }],
      [latency.multi_hop, { strategy: "multi_hop" }],
    ],
    1 / 1_000,
  );
  out.histogram("macula_call_hops", "Forwarders that results passed.", [[hops]]);
}

function addCounters(out: Exposition, { counters }: NodeStatus): void {
  const metrics = new Map<string, { readonly help: string; readonly samples: Sample[] }>();
  for (const [counter, { metric, help, labels }] of Object.entries(COUNTERS)) {
    const samples = metrics.get(metric)?.samples ?? [];
    metrics.set(metric, { help, samples });
    samples.push([counters[counter] ?? 0, labels ?? {}]);
  }
  for (const [metric, { help, samples }] of metrics) {
    out.counter(`macula_${metric}_total`, help, samples);
  }
  for (const [name, { metric, help }] of Object.entries(GAUGES_AMONG_COUNTERS)) {
    out.gauge(`macula_${metric}`, help, [[counters[name] ?? 0]]);
  }
}

function addProcess(out: Exposition, { p50, p99, max }: LoopDelay): void {
  const span = "of the last whole ten seconds";
  out.gauge("macula_event_loop_delay_p50_seconds", `How late the event loop was: median ${span}.`, [
    [p50],
  ]);
  out.gauge(
    "macula_event_loop_delay_p99_seconds",
    `How late the event loop was: 99th percentile ${span}.`,
    [[p99]],
  );
  out.gauge(
    "macula_event_loop_delay_max_seconds",
    `How late the event loop was at most, ${span}.`,
    [[max]],
  );
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const startedAt = Date.now() / 1_000 - process.uptime();
  out.counter("process_cpu_seconds_total", "Processor time of the process.", [
    [(user + system) / 1e6],
  ]);
  out.gauge("process_start_time_seconds", "When the process was started, Unix time.", [
    [Math.round(startedAt)],
  ]);
  out.gauge("process_resident_memory_bytes", "Memory of the process.", [[rss]]);
  out.gauge("nodejs_heap_size_used_bytes", "JavaScript objects.", [[heapUsed]]);
  out.gauge("nodejs_heap_size_total_bytes", "Room made for them.", [[heapTotal]]);
  out.gauge("nodejs_external_memory_bytes", "Memory that such objects hold outside.", [[external]]);
}
