import { medians } from "./figures.mjs";
import { judged } from "./gates.mjs";
import { withProcesses } from "./processes.mjs";

const PAYLOAD = 100;
const IN_FLIGHT = 64;
/** A forwarder passes on two frames for each call: the call and its reply. */
const FRAMES_PER_CALL = 2;
/** Part of the warm-up that precedes each lone phase, where the code is hot and the pace is new. */
const LONE_WARMUP = 0.1;

/** Scenarios by name: what is at the ends, and how many forward between them. */
const SCENARIOS = {
  floor: { kind: "driver", forwarders: 0 },
  direct: { kind: "mesh", forwarders: 0 },
  oneForwarder: { kind: "mesh", forwarders: 1 },
  threeForwarders: { kind: "mesh", forwarders: 3 },
};

export const RPC_NAMES = Object.keys(SCENARIOS);

/** Gates and aims: calls per second at 64 in flight, microseconds for the rest. */
const GATES = {
  directOneCoreP50Us: { of: (it) => it.direct?.lone.oneCoreP50Us, gate: 45, aim: 31, most: true },
  directCallsPerSecond: {
    of: (it) => it.direct?.inFlight64.callsPerSecond,
    gate: 100_000,
    aim: 160_000,
  },
  oneForwarderCallsPerSecond: {
    of: (it) => it.oneForwarder?.inFlight64.callsPerSecond,
    gate: 50_000,
    aim: 78_000,
  },
  threeForwardersCallsPerSecond: {
    of: (it) => it.threeForwarders?.inFlight64.callsPerSecond,
    gate: 26_000,
    aim: 35_000,
  },
  threeForwardersOneCoreP50Us: {
    of: (it) => it.threeForwarders?.lone.oneCoreP50Us,
    gate: 424,
    aim: 350,
    most: true,
  },
  cpuPerForwardUs: { of: (it) => it.threeForwarders?.cpuPerForwardUs, gate: 7, aim: 5, most: true },
};

/** Calls of 100 bytes: medians over runs with processes of their own, the scenarios taking turns. */
export async function benchRpc({ runs, seconds, warmup, only, profile, tell }) {
  const names = only ?? RPC_NAMES;
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 1; run <= runs; run++) {
    for (const name of names) {
      tell(`rpc ${name}, run ${run} of ${runs}`);
      measured[name].push(await runOnce(name, { seconds, warmup, profile }));
    }
  }
  const result = Object.fromEntries(names.map((name) => [name, medians(measured[name])]));
  return { ...result, gates: judged(GATES, result) };
}

async function runOnce(name, { seconds, warmup, profile }) {
  const scenario = SCENARIOS[name];
  const figures = await withProcesses(profile ? name : undefined, async (processes) => {
    const chain = await startChain(processes, scenario);
    return await measure(processes, chain, { seconds, warmup });
  });
  if (scenario.kind !== "driver") return figures;
  return { ...figures, ...(await forwardBare({ seconds, warmup, profile })) };
}

/** What a frame costs a process that passes it on and does nothing else with it. */
async function forwardBare({ seconds, warmup, profile }) {
  return await withProcesses(profile ? "floorForwarder" : undefined, async (processes) => {
    const chain = await startChain(processes, { kind: "driver", forwarders: 1 });
    const { cpuPerForwardUs } = await measureLoaded(chain, { seconds, warmup });
    return { cpuPerForwardUs };
  });
}

/** Provider, forwarders, caller: each dials the one before it. */
async function startChain(processes, { kind, forwarders }) {
  // Somebody has to hold the provider's record: where nobody stands between, that is the provider.
  const serves = forwarders === 0;
  const provider = await processes.start("provider", { kind, part: "provider", serves, dials: [] });
  const chain = [];
  let last = provider;
  for (let left = forwarders; left > 0; left--) {
    const dials = last.ready.addresses;
    last = await processes.start(`forwarder${left}`, { kind, part: "forwarder", dials });
    chain.push(last);
  }
  const dials = last.ready.addresses;
  const caller = await processes.start("caller", { kind, part: "caller", dials });
  await provider.ask("provide");
  const passed = await caller.ask("forwarders");
  if (passed !== forwarders) throw new Error(`calls pass ${passed} forwarders, not ${forwarders}`);
  return { caller, forwarders: chain };
}

async function measure(processes, chain, { seconds, warmup }) {
  const loaded = await measureLoaded(chain, { seconds, warmup });
  const lone = await measureLone(chain, { seconds, warmup });
  const pinned = processes.pin() ? await measureLone(chain, { seconds, warmup }) : undefined;
  return {
    lone: {
      p50Us: lone.p50Us,
      p99Us: lone.p99Us,
      oneCoreP50Us: pinned?.p50Us ?? null,
    },
    ...loaded,
  };
}

function load(caller, inFlight, seconds) {
  return caller.ask("load", { inFlight, seconds, payload: PAYLOAD }, seconds);
}

async function measureLone({ caller }, { seconds, warmup }) {
  await load(caller, 1, warmup * LONE_WARMUP);
  return await load(caller, 1, seconds);
}

async function measureLoaded({ caller, forwarders }, { seconds, warmup }) {
  await load(caller, IN_FLIGHT, warmup);
  const before = await processorTime(forwarders);
  const { calls, callsPerSecond, p50Us, p99Us } = await load(caller, IN_FLIGHT, seconds);
  const spent = (await processorTime(forwarders)) - before;
  const frames = calls * FRAMES_PER_CALL * forwarders.length;
  return {
    inFlight64: { callsPerSecond, p50Us, p99Us },
    cpuPerForwardUs: frames === 0 ? null : spent / frames,
  };
}

/** Microseconds that processes have used so far, together. */
async function processorTime(processes) {
  const times = await Promise.all(processes.map((process) => process.ask("cpu")));
  return times.reduce((sum, time) => sum + time, 0);
}
