import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COUNTERS, GAUGES_AMONG_COUNTERS } from "../../src/http/counter-table.ts";
import { EventLoopWatch } from "../../src/http/event-loop.ts";
import { serveHealth } from "../../src/http/index.ts";
import { METRICS_TYPE, metricsText } from "../../src/http/metrics.ts";
import { ERROR_CODES, type MeshNode } from "../../src/index.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { line, settled } from "../rpc/line.ts";
import { ask, lonelyNodes } from "./pages.ts";
import { promtool, withoutPrometheus } from "./tools.ts";

const DELAY = { p50: 0.001, p99: 0.002, max: 0.25 };
const text = (node: MeshNode): Promise<string> => metricsText(node.status(), DELAY);

/** Value by series, `name{labels}` as it is written. */
function series(of: string): Map<string, number> {
  const lines = of.split("\n").filter((it) => it !== "" && !it.startsWith("#"));
  return new Map(
    lines.map((it) => {
      const at = it.lastIndexOf(" ");
      return [it.slice(0, at), Number(it.slice(at + 1))];
    }),
  );
}

/** Names of metrics, as `# TYPE` has them. */
const names = (of: string): string[] =>
  [...of.matchAll(/^# TYPE (\S+) /gm)].map(([, it]) => it as string);

/** A caller that has made calls of several outcomes in a mesh that finds its links by itself, and its provider. */
async function busy(
  procedure: string,
  seed: number,
): Promise<{ caller: MeshNode; provider: MeshNode; all: MeshNode[] }> {
  const world = new World({ seed, link: { delay: [1, 5] } });
  const all: MeshNode[] = [];
  for (let number = 0; number < 6; number++) {
    const mode = number < 4 ? "gateway" : "edge";
    const bootstrap = number === 0 ? [] : [0];
    all.push(
      await startSimNode(world, number, { mode, listen: number < 4, links: "auto", bootstrap }),
    );
  }
  await world.run(Promise.all(all.map((node) => node.ready())));
  const [caller, provider] = [all[4] as MeshNode, all[5] as MeshNode];
  await world.run(provider.register(procedure, (args) => args));
  for (let i = 0; i < 20; i++) await world.run(caller.call(procedure, i));
  await world.run(settled(caller.call(`${procedure}.none`)));
  await world.advance(5_000);
  return { caller, provider, all };
}

describe("the metrics of a node", () => {
  it("tell what its status tells", async () => {
    const { world, client, gateways, provider } = await line(2);
    await world.run(provider.register("echo", (args) => args));
    for (let i = 0; i < 5; i++) await world.run(client.call("echo", i));
    await world.run(settled(client.call("none")));
    await world.advance(4_000);
    const of = series(await text(client));
    const sum = client.status().calls.latency.multi_hop.sum / 1_000;
    expect(Object.fromEntries(of)).toMatchObject({
      macula_ready: 1,
      macula_healthy: 1,
      macula_uptime_seconds: client.status().uptime / 1_000,
      'macula_links{kind="transit",direction="dialled"}': 1,
      'macula_links{kind="edge",direction="accepted"}': 0,
      macula_anchors: 1,
      'macula_calls_total{strategy="multi_hop",outcome="ok"}': 5,
      'macula_calls_total{strategy="direct",outcome="ok"}': 0,
      'macula_calls_total{strategy="none",outcome="no_provider"}': 1,
      'macula_call_duration_seconds_count{strategy="multi_hop"}': 5,
      'macula_call_duration_seconds_sum{strategy="multi_hop"}': sum,
      'macula_call_duration_seconds_bucket{strategy="multi_hop",le="+Inf"}': 5,
      'macula_call_duration_seconds_bucket{strategy="multi_hop",le="0.0025"}': 0,
      'macula_call_hops_bucket{le="1"}': 0,
      'macula_call_hops_bucket{le="2"}': 5,
      'macula_bound_max{bound="calls_pending"}': 65_536,
      'macula_bound_used{bound="calls_pending"}': 0,
      macula_event_loop_delay_max_seconds: 0.25,
    });
    const forwarder = gateways[0] as MeshNode;
    const { frames_forwarded: frames, bytes_forwarded: bytes } = forwarder.status().counters;
    const there = series(await text(forwarder));
    expect(there.get("macula_frames_forwarded_total")).toBe(frames);
    expect(there.get("macula_forwarded_bytes_total")).toBe(bytes);
    const serving = series(await text(provider));
    expect(serving.get("macula_calls_executed_total")).toBe(5);
    expect(serving.get("macula_registrations")).toBe(1);
    expect(serving.get("macula_registrations_not_stored")).toBe(0);
  });

  it("have histograms whose buckets only grow, up to their count", async () => {
    const { caller } = await busy("echo", 1);
    const of = [...series(await text(caller))];
    for (const strategy of ["direct", "multi_hop"]) {
      const mark = `macula_call_duration_seconds_bucket{strategy="${strategy}",le="`;
      const buckets = of.filter(([name]) => name.startsWith(mark)).map(([, value]) => value);
      expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
      const count = of.find(
        ([name]) => name === `macula_call_duration_seconds_count{strategy="${strategy}"}`,
      );
      expect(buckets.at(-1)).toBe(count?.[1]);
    }
  });

  it("have label values that stand in the code, and nothing that another node has chosen", async () => {
    const { caller, all } = await busy("secret.name", 1);
    const other = await busy("other.words", 2);
    const fixed = (of: string): string[] =>
      [...series(of).keys()].filter((it) => !/^macula_(?:node_info|calls_total)\{/.test(it)).sort();
    const mine = await text(caller);
    expect(fixed(mine)).toEqual(fixed(await text(other.caller)));
    const strangers = all.filter((node) => node !== caller).map(({ id }) => id.slice(0, 8));
    for (const word of [...strangers, "secret", "10.0.0."]) expect(mine).not.toContain(word);
    const outcomes = [
      ...mine.matchAll(/^macula_calls_total\{strategy="(\w+)",outcome="(\w+)"\}/gm),
    ];
    expect(outcomes.length).toBeGreaterThan(2);
    for (const [, strategy, outcome] of outcomes) {
      expect(["direct", "multi_hop", "none"]).toContain(strategy);
      expect(["ok", ...Object.keys(ERROR_CODES)]).toContain(outcome);
    }
  });

  it("have all that the status counts", async () => {
    const { all } = await busy("echo", 1);
    const counted = new Set(all.flatMap((node) => Object.keys(node.status().counters)));
    const exported = new Set([...Object.keys(COUNTERS), ...Object.keys(GAUGES_AMONG_COUNTERS)]);
    expect([...counted].filter((name) => !exported.has(name))).toEqual([]);
    const { bounds } = (all[0] as MeshNode).status();
    const of = series(await text(all[0] as MeshNode));
    expect([...of.keys()].filter((it) => it.startsWith("macula_bound_used{"))).toHaveLength(
      Object.keys(bounds).length,
    );
  });

  it("are there at the health listener, as Prometheus wants them", async () => {
    const { first } = await lonelyNodes();
    await using health = await serveHealth(first, { listen: "127.0.0.1:0" });
    const heard = await ask(health.url, "/metrics");
    expect([heard.status, heard.headers["content-type"]]).toEqual([200, METRICS_TYPE]);
    expect(series(heard.text).get("macula_ready")).toBe(1);
  });

  it.skipIf(withoutPrometheus !== undefined)("pass promtool check metrics", async () => {
    const { caller, provider, all } = await busy("echo", 1);
    for (const node of [caller, provider, all[0] as MeshNode]) {
      expect(promtool(["check", "metrics"], await text(node))).toBe("");
    }
  });
});

describe("what comes with the metrics", () => {
  const file = (path: string): string => readFileSync(path, "utf8");
  const alerts = file("deploy/prometheus/alerts.yml");
  const dashboard = JSON.parse(file("deploy/grafana/macula.json")) as {
    panels: { title: string; gridPos: { w: number }; targets?: { expr: string }[] }[];
  };

  /** Metrics that are named in expressions. */
  const namedIn = (of: string): string[] => [
    ...new Set([...of.matchAll(/\b(?:macula|process|nodejs)_\w+/g)].map(([name]) => name)),
  ];

  it.each([
    [
      "the dashboard",
      dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join("\n"),
    ],
    ["the alert rules", alerts.replace(/^ +(?:summary|whatToDo):.*$/gm, "")],
    [
      "the tests of the alert rules",
      file("deploy/prometheus/alerts.test.yml").replace(/^ +(?:summary|whatToDo):.*$/gm, ""),
    ],
  ])("names metrics that there are: %s", async (_, of) => {
    const { caller } = await busy("echo", 1);
    const there = new Set(
      names(await text(caller)).flatMap((it) => [it, `${it}_bucket`, `${it}_sum`, `${it}_count`]),
    );
    const named = namedIn(of);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !there.has(name))).toEqual([]);
  });

  it("is a dashboard whose panels all ask for something", () => {
    const bare = dashboard.panels.filter(
      ({ targets, gridPos }) => gridPos.w < 24 && !targets?.length,
    );
    expect(bare).toEqual([]);
    expect(dashboard.panels.length).toBeGreaterThan(25);
  });

  it("stands in docs/operations.md: every metric and every alert, and no other", async () => {
    const docs = file("docs/operations.md");
    const { caller } = await busy("echo", 1);
    const there = names(await text(caller));
    const named = new Set(
      [...docs.matchAll(/`((?:macula|process|nodejs)_[a-z0-9_]+)(?:\{[^`]*\})?`/g)].map(
        ([, it]) => it as string,
      ),
    );
    expect(there.filter((name) => !named.has(name))).toEqual([]);
    expect([...named].filter((name) => !there.includes(name))).toEqual([]);
    const rules = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, it]) => it as string);
    const told = [...docs.matchAll(/^\| `(Macula\w+)` \|/gm)].map(([, it]) => it as string);
    expect(told.sort()).toEqual(rules.sort());
  });

  it.skipIf(withoutPrometheus !== undefined)(
    "passes promtool: rules, their tests, the configuration",
    () => {
      const at = (name: string): string => `deploy/prometheus/${name}`;
      expect(promtool(["check", "rules", at("alerts.yml")])).toBe("");
      expect(promtool(["test", "rules", at("alerts.test.yml")])).toBe("");
      expect(promtool(["check", "config", at("prometheus.yml")])).toBe("");
    },
  );
});

describe("the delay of the event loop", () => {
  it("is seen where something blocks it, and is little where nothing does", async () => {
    using watch = new EventLoopWatch();
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    for (const start = performance.now(); performance.now() < start + 60; ) await turn();
    for (const start = performance.now(); performance.now() < start + 120; );
    for (const start = performance.now(); performance.now() < start + 30; ) await turn();
    const { p50, max } = watch.delay();
    expect(max).toBeGreaterThan(0.09);
    expect(p50).toBeLessThan(max);
  });
});
