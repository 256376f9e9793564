import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "../http/pages.ts";
import { withoutPrometheus } from "../http/tools.ts";
import { hostPort } from "./chain.ts";
import { macula, type RunningNode, startNode } from "./command.ts";
import { freePort } from "./free-port.ts";

const MODULE = "test/process/fixtures/procedures.mjs";
const DEADLINE = 30_000;
const directory = mkdtempSync(join(tmpdir(), "macula-test-"));

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

describe.skipIf(withoutPrometheus !== undefined)("a real Prometheus", () => {
  const nodes: RunningNode[] = [];
  let prometheus: ChildProcess | undefined;
  let url = "";
  let said = "";

  beforeAll(async () => {
    const health = ["--health", "127.0.0.1:0"];
    const gateway = await startNode(
      "start",
      "--mode",
      "gateway",
      "--listen",
      "127.0.0.1:0",
      ...health,
    );
    nodes.push(gateway);
    const bootstrap = ["--bootstrap", hostPort(gateway.address)];
    nodes.push(await startNode("serve", MODULE, ...bootstrap, ...health));
    nodes.push(await startNode("start", "--mode", "edge", ...bootstrap, ...health));
    const targets = nodes.map((node) => (node.health as string).replace("http://", ""));
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: [resolve("deploy/prometheus/alerts.yml")],
      scrape_configs: [{ job_name: "macula", static_configs: [{ targets }] }],
    };
    const file = join(directory, "prometheus.yml");
    writeFileSync(file, JSON.stringify(config)); // JSON is YAML.
    const place = `127.0.0.1:${await freePort()}`;
    url = `http://${place}`;
    const flags = [`--config.file=${file}`, `--storage.tsdb.path=${join(directory, "data")}`];
    prometheus = spawn("prometheus", [...flags, `--web.listen-address=${place}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    prometheus.stderr?.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
  });
  afterAll(async () => {
    const ended = prometheus && once(prometheus, "close");
    prometheus?.kill();
    await ended;
    await Promise.all(nodes.map(({ running }) => running[Symbol.asyncDispose]()));
    rmSync(directory, { recursive: true, force: true });
  });

  /** What it answers to a question, once that is so. */
  async function until(path: string, isSo: (data: never) => boolean): Promise<void> {
    const end = performance.now() + DEADLINE;
    for (let last = ""; ; await pause(100)) {
      try {
        last = (await ask(url, path)).text;
        if (isSo((JSON.parse(last) as { data: never }).data)) return;
      } catch (cause) {
        last = String(cause);
      }
      if (performance.now() > end)
        throw new Error(`${path}: ${last.slice(0, 2_000)}; it said: ${said}`);
    }
  }

  /** Waits until the samples of a query are as they should be. */
  function query(words: string, isSo: (values: readonly Sample[]) => boolean): Promise<void> {
    const path = `/api/v1/query?query=${encodeURIComponent(words)}`;
    return until(path, ({ result }: { result: Sample[] }) => isSo(result));
  }

  it("scrapes three nodes, and finds each ready", async () => {
    await query("up == 1", (found) => found.length === 3);
    await query("macula_ready == 1", (found) => found.length === 3);
    await query("macula_healthy == 1", (found) => found.length === 3);
    await query("macula_node_info", (found) => {
      const ids = found.map(({ metric }) => metric.node).sort();
      return (
        ids.join() ===
        nodes
          .map(({ id }) => id)
          .sort()
          .join()
      );
    });
  });

  it("sees calls that cross the mesh, where they are made, carried and executed", async () => {
    const bootstrap = ["--bootstrap", hostPort(nodes[0]?.address as string)];
    const words = [
      "calculator.add",
      '{"a":2,"b":3}',
      ...bootstrap,
      "--routing-strategy",
      "multi_hop_only",
    ];
    for (let i = 0; i < 3; i++) expect((await macula("call", ...words)).code).toBe(0);
    await query("sum(macula_calls_executed_total) == 3", (found) => found.length === 1);
    await query("macula_frames_forwarded_total >= 6", (found) => found.length === 1);
    await query("macula_forwarded_bytes_total > 600", (found) => found.length === 1);
  });

  it("takes the alert rules, and none of them fires for nodes that are well", async () => {
    interface Rule {
      readonly name: string;
      readonly health: string;
      readonly state: string;
      readonly lastError?: string;
    }
    const isSo = ({ groups }: { groups: { rules: Rule[] }[] }): boolean => {
      const rules = groups.flatMap((group) => group.rules);
      return (
        rules.length > 10 &&
        rules.every(({ health, state }) => health === "ok" && state !== "firing")
      );
    };
    await until("/api/v1/rules", isSo as never);
  });

  it("tells when a node is gone", async () => {
    const [, , edge] = nodes;
    await edge?.running[Symbol.asyncDispose]();
    await query("up == 0", (found) => found.length === 1);
  });
});
