import { judged } from "../bench/gates.mjs";
import { UsageError } from "./flags.mjs";
import { KINDS } from "./net/kinds.mjs";
import { withPair } from "./pair.mjs";
import { firstCalls, provideBoth, steadyCalls, waysOf } from "./pair-calls.mjs";

/** Directness is judged where a way is expected, and only then. */
const EXPECTED = {
  any: {},
  direct: { direct: { of: directness, gate: 1, aim: 1 } },
  routed: { direct: { of: directness, gate: 0, aim: 0, most: true } },
};
export const EXPECTATIONS = Object.keys(EXPECTED);

const GATES = {
  emulated: { of: (it) => (it.emulated ? 1 : 0), gate: 1, aim: 1 },
  success: { of: (it) => it.success, gate: 1, aim: 1 },
  firstCallMs: { of: (it) => it.firstCallMs, gate: 3_000, aim: 1_000, most: true },
};

/** An edge behind each of two NATs: whether they find each other, how fast, and by which way. */
export async function nat({ expect, ...options }) {
  const { left, right, sharedCarrier } = options;
  if (sharedCarrier && (left !== right || KINDS[left].carrier === undefined)) {
    throw new UsageError(
      "--shared-carrier needs one kind with a carrier on both sides, such as cgn-full",
    );
  }
  const result = await measurePair(options);
  return { ...result, gates: judged({ ...GATES, ...EXPECTED[expect] }, result) };
}

function directness({ ways }) {
  return ways === null ? null : Number(ways.leftToRight.direct && ways.rightToLeft.direct);
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
    const edges = await pair.startEdges();
    const result = { nats, emulated, couldMeet, edges };
    for (const [side, { readyMs, error }] of Object.entries(edges)) {
      tell(
        readyMs === null ? `${side}: ${error}` : `${side} is ready after ${Math.round(readyMs)} ms`,
      );
    }
    const ready = Object.values(edges).every(({ readyMs }) => readyMs !== null);
    if (!ready) return { ...result, ...NO_CALLS };
    const calls = await measureCalls(pair, { seconds, rate });
    return { ...result, ...calls, ...(await atEnd?.(pair)) };
  });
}

function asExpected(nats) {
  return Object.values(nats).every((it) => it.asExpected);
}

const NO_CALLS = { firstCall: null, firstCallMs: null, calls: null, success: 0, ways: null };

async function measureCalls(pair, load) {
  try {
    await provideBoth(pair);
  } catch (error) {
    return { ...NO_CALLS, error: error.message };
  }
  const firstCall = await firstCalls(pair);
  const { leftToRightMs, rightToLeftMs } = firstCall;
  const failed = leftToRightMs === null || rightToLeftMs === null;
  const calls = await steadyCalls(pair, load);
  return {
    firstCall,
    firstCallMs: failed ? null : Math.max(leftToRightMs, rightToLeftMs),
    calls,
    success: Math.min(...Object.values(calls).map((it) => it.success)),
    ways: await waysOf(pair),
  };
}
