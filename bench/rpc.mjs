import { withChain, withShortcut } from "./chain.mjs";
import { withProcesses } from "./processes.mjs";
import { inRounds } from "./rounds.mjs";

const PAYLOAD = 100;
const IN_FLIGHT = 64;
/** A forwarder passes on two frames for each call: the call and its reply. */
const FRAMES_PER_CALL = 2;
/** Part of the warm-up that precedes each lone phase, where the code is hot and the pace is new. */
const LONE_WARMUP = 0.1;

/** Scenarios by name: what is at the ends, how many forward between them, and whether the ends open their link themselves. */
const SCENARIOS = {
  floor: { kind: "driver", driver: "quic", forwarders: 0 },
  floorTls: { kind: "driver", driver: "tls", forwarders: 0 },
  direct: { kind: "mesh", forwarders: 0 },
  dialled: { kind: "mesh", forwarders: 0, address: "0.0.0.0:0" },
  shortcut: { kind: "mesh", forwarders: 0, isOpened: true },
  directTls: { kind: "mesh", driver: "tls", forwarders: 0 },
  oneForwarder: { kind: "mesh", forwarders: 1 },
  threeForwarders: { kind: "mesh", forwarders: 3 },
  threeForwardersUnsealed: { kind: "unsealed", forwarders: 3 },
  sealing: { kind: "sealing" },
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
  shortcutToDialled: { of: shortcutToDialled, gate: 0.9, aim: 1 },
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
  sealedToUnsealed: { of: sealedToUnsealed, gate: 0.8, aim: 0.9 },
  firstCallCallerUs: { of: (it) => it.sealing?.first.callerUs, gate: 500, aim: 250, most: true },
  firstCallProviderUs: {
    of: (it) => it.sealing?.first.providerUs,
    gate: 500,
    aim: 250,
    most: true,
  },
  cpuPerForwardUs: { of: (it) => it.threeForwarders?.cpuPerForwardUs, gate: 7, aim: 5, most: true },
};

/** Calls over a link that two edges have opened through a gateway, for each over a link that was dialled. */
function shortcutToDialled({ shortcut, dialled }) {
  if (!shortcut || !dialled) return undefined;
  return shortcut.inFlight64.callsPerSecond / dialled.inFlight64.callsPerSecond;
}

/** Calls that are answered through three forwarders for each that would be if none were sealed. */
function sealedToUnsealed({ threeForwarders, threeForwardersUnsealed }) {
  if (!threeForwarders || !threeForwardersUnsealed) return undefined;
  const { callsPerSecond } = threeForwarders.inFlight64;
  return callsPerSecond / threeForwardersUnsealed.inFlight64.callsPerSecond;
}

/** Calls of 100 bytes. */
export async function benchRpc(options) {
  const measures = RPC_NAMES.map((name) => [name, () => measureScenario(name, options)]);
  return await inRounds(options, Object.fromEntries(measures), GATES);
}

async function measureScenario(name, options) {
  const scenario = { ...SCENARIOS[name], profile: options.profile ? name : undefined };
  if (scenario.kind === "sealing") return await measureSealing(scenario.profile);
  const withEnds = scenario.isOpened ? withShortcut : withChain;
  const figures = await withEnds(scenario, async (chain) => {
    const passed = await chain.caller.ask("forwarders");
    if (passed !== scenario.forwarders) {
      throw new Error(`calls pass ${passed} forwarders instead of ${scenario.forwarders}`);
    }
    if (scenario.kind === "mesh") await assertCarried(chain, scenario.driver ?? "quic");
    if (scenario.kind === "unsealed" && (await chain.caller.ask("sessions")) > 0) {
      throw new Error("calls are sealed that should not be");
    }
    return await measure(chain, options);
  });
  if (scenario.kind !== "driver") return figures;
  return { ...figures, ...(await forwardBare(scenario, options)) };
}

/** Throws where something else than `driver` carries a link of the caller. */
async function assertCarried({ caller }, driver) {
  const kinds = await caller.ask("carriers");
  if (kinds.join() !== driver) throw new Error(`links go over ${kinds} instead of ${driver}`);
}

/** What sealing costs each end. */
async function measureSealing(profile) {
  return await withProcesses(profile, async (processes) => {
    const ends = await processes.start("ends", { kind: "sealing" });
    return await ends.ask("measure", { payload: PAYLOAD });
  });
}

/** What a frame costs a process that passes it on and does nothing else with it. */
async function forwardBare(scenario, options) {
  const profile = options.profile ? `${scenario.profile}Forwarder` : undefined;
  return await withChain({ ...scenario, forwarders: 1, profile }, async (chain) => {
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
