import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../bench/main.mjs", import.meta.url));
/** Milliseconds; the processes of a run start one after another, on a machine that may be busy. */
const DEADLINE = 90_000;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end; nothing is thrown for how that came about. */
function bench(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { timeout: DEADLINE }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Runs it as briefly as it can and reads the object it prints. */
async function report(...words: readonly string[]): Promise<Record<string, unknown>> {
  const brief = ["--runs", "1", "--seconds", "0.05", "--warmup", "0.05", "--json"];
  const { code, stdout, stderr } = await bench(...words, ...brief);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const positive = expect.toSatisfy((it: unknown) => typeof it === "number" && it > 0);
const positiveOrNull = expect.toSatisfy(
  (it: unknown) => it === null || (typeof it === "number" && it > 0),
);
const head = {
  machine: {
    cpu: expect.any(String),
    cores: positive,
    node: process.version,
    platform: expect.any(String),
    loadAverage: expect.any(Number),
  },
  commit: expect.toSatisfy((it: unknown) => it === null || typeof it === "string"),
  date: expect.any(String),
  runs: 1,
};

function gated(...names: readonly string[]): Record<string, unknown> {
  const gate = { value: positiveOrNull, gate: positive, aim: positive, met: expect.any(Boolean) };
  return Object.fromEntries(names.map((name) => [name, gate]));
}

describe("bench rpc", () => {
  const scenario = (cpuPerForwardUs: unknown): unknown => ({
    lone: { p50Us: positive, p99Us: positive, oneCoreP50Us: positiveOrNull },
    inFlight64: { callsPerSecond: positive, p50Us: positive, p99Us: positive },
    cpuPerForwardUs,
  });

  it("measures the drivers, calls direct, through one and through three, and what sealing costs", {
    timeout: DEADLINE,
  }, async () => {
    expect(await report("rpc")).toEqual({
      ...head,
      bench: "rpc",
      floor: scenario(positive),
      floorTls: scenario(positive),
      direct: scenario(null),
      directTls: scenario(null),
      dialled: scenario(null),
      shortcut: scenario(null),
      oneForwarder: scenario(positive),
      threeForwarders: scenario(positive),
      threeForwardersUnsealed: scenario(positive),
      sealing: {
        first: { callerUs: positive, providerUs: positive },
        next: { callerUs: positive, providerUs: positive },
      },
      gates: gated(
        "directOneCoreP50Us",
        "directCallsPerSecond",
        "shortcutToDialled",
        "oneForwarderCallsPerSecond",
        "threeForwardersCallsPerSecond",
        "threeForwardersOneCoreP50Us",
        "sealedToUnsealed",
        "firstCallCallerUs",
        "firstCallProviderUs",
        "cpuPerForwardUs",
      ),
    });
  });
});

describe("bench bulk", () => {
  it("measures megabytes one way and echoes of one", { timeout: DEADLINE }, async () => {
    expect(await report("bulk", "--megabytes", "2")).toEqual({
      ...head,
      bench: "bulk",
      floor: { megabytesPerSecond: positive },
      floorTls: { megabytesPerSecond: positive },
      oneWay: { megabytesPerSecond: positive },
      echo: { callsPerSecond: positive, p50Ms: positive, p99Ms: positive },
      gates: gated("oneWayMegabytesPerSecond", "echoCallsPerSecond"),
    });
  });
});

describe("bench start", () => {
  it("measures the phases, which add up to the whole", { timeout: DEADLINE }, async () => {
    const found = await report("start");
    const phases = ["nodeStartMs", "importMs", "createNodeMs", "readyMs", "callMs"];
    expect(found).toEqual({
      ...head,
      bench: "start",
      firstCall: Object.fromEntries(["totalMs", ...phases].map((name) => [name, positive])),
      gates: gated("firstCallMs"),
    });
    const times = found.firstCall as Record<string, number>;
    const sum = phases.reduce((total, name) => total + (times[name] ?? 0), 0);
    expect(Math.abs(sum - (times.totalMs ?? 0))).toBeLessThan(1);
  });
});

describe("bench discovery", () => {
  it("measures a mesh that grows from one address", { timeout: DEADLINE }, async () => {
    const times = { p50Ms: positive, p99Ms: positive, maxMs: positive };
    const links = { mean: positive, max: positive };
    expect(await report("discovery", "--nodes", "10", "--calm", "0.1")).toEqual({
      ...head,
      bench: "discovery",
      mesh: {
        join: { wholeMs: positive, ...times },
        register: times,
        lookup: { count: 90, success: 1, local: expect.any(Number), ...times },
        firstCall: times,
        memoryPerNode: { rssMb: positive, heapMb: positive, buffersMb: positive },
        links: { gateway: links, edge: links },
      },
      gates: gated("success", "lookupP50Ms", "lookupP99Ms", "joinMs", "memoryPerNodeMb"),
    });
  });
});

describe("bench records", () => {
  it("measures what records take, at keys of their own and at shared ones", {
    timeout: DEADLINE,
  }, async () => {
    const found = await report("records", "--records", "2000", "--calm", "0.1");
    // Of so few records the noise of a process may be as much as all of them.
    const number = expect.any(Number);
    const memory = { kibPerRecord: number, heapKib: number, buffersKib: number };
    const scenario = { records: 2_000, bytesPerRecord: positive, ...memory, putUs: positive };
    const gate = { value: number, gate: positive, aim: positive, met: expect.any(Boolean) };
    expect(found).toEqual({
      ...head,
      bench: "records",
      ownKeys: scenario,
      sharedKeys: scenario,
      gates: { ownKeysKibPerRecord: gate, sharedKeysKibPerRecord: gate },
    });
  });
});

describe("the command line of the benchmarks", () => {
  it("measures only what is asked for", { timeout: DEADLINE }, async () => {
    const found = await report("rpc", "--only", "direct");
    expect(Object.keys(found)).not.toContain("floor");
    expect(Object.keys(found.gates as object)).toEqual([
      "directOneCoreP50Us",
      "directCallsPerSecond",
    ]);
  });

  it.each([
    [["walk"], "name one of rpc, bulk, start, discovery, records"],
    [[], "name one of rpc, bulk, start, discovery, records"],
    [["rpc", "--runs", "many"], '--runs is a number above 0, at most 3,600, not "many"'],
    [["rpc", "--runs", "1.5"], '--runs is a whole number, not "1.5"'],
    [["rpc", "--seconds", "0"], '--seconds is a number above 0, at most 3,600, not "0"'],
    [["rpc", "--only", "floor,moon"], 'rpc has no scenario "moon"'],
    [["bulk", "--profile", "direct"], 'bulk has no scenario "direct"'],
    [["discovery", "--nodes", "9"], "--nodes is at least 10, not 9"],
    [
      ["records", "--records", "65537"],
      '--records is a number above 0, at most 65,536, not "65537"',
    ],
    [["rpc", "--moon"], "Unknown option '--moon'"],
  ])("refuses %j", async (words, line) => {
    const { code, stdout, stderr } = await bench(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`bench: ${line}`);
  });
});
