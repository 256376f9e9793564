import { withChain } from "./chain.mjs";
import { inRounds } from "./rounds.mjs";

const BODY_BYTES = 1_000_000;
/** Calls at once where bodies go one way: enough that the provider never waits for the next. */
const IN_FLIGHT = 8;
/** Part of the bytes that go ahead, to warm up. */
const WARMUP = 0.25;

export const BULK_NAMES = ["floor", "floorTls", "oneWay", "echo"];

const FLOOR = { kind: "driver", end: "sink" };

const GATES = {
  oneWayMegabytesPerSecond: { of: (it) => it.oneWay?.megabytesPerSecond, gate: 140, aim: 390 },
  echoCallsPerSecond: { of: (it) => it.echo?.callsPerSecond, gate: 100, aim: 150 },
};

/** Large bodies; `megabytes` go one way. */
export async function benchBulk(options) {
  const profile = (name) => (options.profile ? name : undefined);
  const measure = {
    // One stream of the driver, bare bytes.
    floor: () => sendOneWay({ ...FLOOR, driver: "quic", profile: profile("floor") }, options),
    // The same over TCP.
    floorTls: () => sendOneWay({ ...FLOOR, driver: "tls", profile: profile("floorTls") }, options),
    // Arguments of 1 MB, several calls at once, each answered with their length.
    oneWay: () => sendOneWay({ kind: "mesh", profile: profile("oneWay") }, options),
    // Calls whose 1 MB comes back, one after another.
    echo: () => echoLarge({ kind: "mesh", profile: profile("echo") }, options),
  };
  return await inRounds(options, measure, GATES);
}

async function sendOneWay(chain, { megabytes }) {
  return await withChain(chain, async ({ caller }) => {
    const total = megabytes * 1_000_000;
    const order = { size: BODY_BYTES, inFlight: IN_FLIGHT };
    await caller.ask("send", { ...order, total: Math.ceil(total * WARMUP) });
    const milliseconds = await caller.ask("send", { ...order, total });
    return { megabytesPerSecond: (megabytes * 1_000) / milliseconds };
  });
}

async function echoLarge(chain, { seconds, warmup }) {
  return await withChain(chain, async ({ caller }) => {
    const shape = { inFlight: 1, payload: BODY_BYTES };
    await caller.ask("load", { ...shape, seconds: warmup }, warmup);
    const hot = await caller.ask("load", { ...shape, seconds }, seconds);
    return {
      callsPerSecond: hot.callsPerSecond,
      p50Ms: hot.p50Us / 1_000,
      p99Ms: hot.p99Us / 1_000,
    };
  });
}
