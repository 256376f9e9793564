import { rounded } from "../bench/figures.mjs";
import { judged } from "../bench/gates.mjs";
import { DIRECT_GATES, ROUTED_GATES } from "./directness.mjs";
import { UsageError } from "./flags.mjs";
import { KINDS } from "./net/kinds.mjs";
import { SIDES, withPair } from "./pair.mjs";
import { callSteadily, DIRECTIONS, provideBoth, wayOf } from "./pair-calls.mjs";
import { Timeline } from "./timeline.mjs";

/** Directness is judged where a way is expected, and only then. */
const EXPECTED = { any: {}, direct: DIRECT_GATES, routed: ROUTED_GATES };
export const EXPECTATIONS = Object.keys(EXPECTED);

const GATES = {
  emulated: { of: (it) => (it.emulated ? 1 : 0), gate: 1, aim: 1 },
  success: { of: (it) => it.success, gate: 1, aim: 1 },
  firstCallMs: { of: (it) => it.firstCallMs, gate: 3_000, aim: 1_000, most: true },
};

/** An edge behind each of two NATs: whether they find each other, how fast, by which way, and how soon directly. */
export async function nat({ expect, ...options }) {
  const { left, right, sharedCarrier, sharedHome } = options;
  if (sharedCarrier && (left !== right || KINDS[left].carrier === undefined)) {
    throw new UsageError(
      "--shared-carrier needs one kind with a carrier on both sides, such as cgn-full",
    );
  }
  if (sharedHome && (left !== right || sharedCarrier || KINDS[left].home === undefined)) {
    throw new UsageError("--shared-home needs one kind of NAT on both sides, such as port");
  }
  const result = await measurePair(options);
  return { ...result, gates: judged({ ...GATES, ...EXPECTED[expect] }, result) };
}

/**
 * Builds a pair and measures it; what could not be measured, because an edge was not ready, is null. `disturb` is done to
 * the lab before any node starts, and `isEmulated` judges what the probes see then; `atEnd` tells more of it all.
 */
export async function measurePair({ seconds, rate, tell, disturb, isEmulated, atEnd, ...options }) {
  return await withPair(options, async (pair) => {
    disturb?.(pair);
    const nats = await pair.classify();
    const emulated = (isEmulated ?? asExpected)(nats);
    const couldMeet = await pair.couldMeet();
    await pair.startGateways();
    const told = {};
    for (const [direction, side] of Object.entries(DIRECTIONS)) {
      told[direction] = await measureDirection(pair, side, { seconds, rate, tell, atEnd });
      // The other way begins as this one did: with two nodes that never heard of each other.
      await pair.endEdges();
    }
    return { nats, emulated, couldMeet, ...summaryOf(told) };
  });
}

function asExpected(nats) {
  return Object.values(nats).every((it) => it.asExpected);
}

const NO_CALLS = { figures: null, firstMs: null, directMs: null, way: null };

/** Two new edges, and calls from one of them to the other from the first one on. */
async function measureDirection(pair, side, { tell, atEnd, ...load }) {
  const edges = await pair.startEdges();
  for (const [name, { readyMs, error }] of Object.entries(edges)) {
    tell(
      readyMs === null ? `${name}: ${error}` : `${name} is ready after ${Math.round(readyMs)} ms`,
    );
  }
  const failed = SIDES.map((name) => edges[name].error).find((error) => error !== undefined);
  if (failed !== undefined) return { ...NO_CALLS, edges, error: failed };
  try {
    await provideBoth(pair);
  } catch (error) {
    return { ...NO_CALLS, edges, error: error.message };
  }
  const { figures, timeline } = await callSteadily(pair, side, load);
  const line = new Timeline(timeline);
  const [routedMs, directMs] = [line.medianMs(false), line.medianMs(true)].map(rounded);
  const hops = line.hopsDuring(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  return {
    edges,
    figures,
    firstMs: line.firstMs,
    directMs: line.directMsSince(timeline.startedAt),
    way: { ...(await wayOf(pair, side)), medianMs: { routed: routedMs, direct: directMs }, hops },
    end: await atEnd?.(pair),
  };
}

function summaryOf(told) {
  const each = (of) => Object.fromEntries(Object.entries(told).map(([name, it]) => [name, of(it)]));
  const all = Object.values(told);
  const isMeasured = all.every(({ figures }) => figures !== null);
  const firsts = all.map(({ firstMs }) => firstMs);
  return {
    edges: told.leftToRight.edges,
    error: all.find(({ error }) => error !== undefined)?.error,
    firstCall: each(({ firstMs }) => firstMs),
    firstCallMs: firsts.includes(null) ? null : Math.max(...firsts),
    directMs: each(({ directMs }) => directMs),
    calls: isMeasured ? each(({ figures }) => figures) : null,
    success: isMeasured ? Math.min(...all.map(({ figures }) => figures.success)) : 0,
    ways: isMeasured ? each(({ way }) => way) : null,
    ...all.at(-1).end,
  };
}
