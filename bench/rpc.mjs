import { withChain } from "./chain.mjs";
import { inRounds } from "./rounds.mjs";

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

/** Calls of 100 bytes. */
export async function benchRpc(options) {
  const measures = RPC_NAMES.map((name) => [name, () => measureScenario(name, options)]);
  return await inRounds(options, Object.fromEntries(measures), GATES);
}

async function measureScenario(name, options) {
  const scenario = { ...SCENARIOS[name], profile: options.profile ? name : undefined };
  const figures = await withChain(scenario, async (chain) => {
    const passed = await chain.caller.ask("forwarders");
    if (passed !== scenario.forwarders) {
      throw new Error(`calls pass ${passed} forwarders instead of ${scenario.forwarders}`);
    }
    return await measure(chain, options);
  });
  return name === "floor" ? { ...figures, ...(await forwardBare(options)) } : figures;
}

/** What a frame costs a process that passes it on and does nothing else with it. */
async function forwardBare(options) {
  const profile = options.profile ? "floorForwarder" : undefined;
  return await withChain({ kind: "driver", forwarders: 1, profile }, async (chain) => {
    const { cpuPerForwardUs } = await measureLoaded(chain, options);
    return { cpuPerForwardUs };
  });
}

async function measure(chain, options) {
  const loaded = await measureLoaded(chain, options);
  const lone = await measureLone(chain, options);
  const pinned = chain.processes.pin() ? await measureLone(chain, options) : undefined;
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
