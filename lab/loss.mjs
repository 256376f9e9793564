import { rounded } from "../bench/figures.mjs";
import { judged } from "../bench/gates.mjs";
import { interpose, withPair } from "./pair.mjs";
import { callSteadily, startAll } from "./pair-calls.mjs";
import { Timeline } from "./timeline.mjs";

/** What is measured of a loss in bursts differs from what was asked for by this factor at most. */
const SPREAD = 2;

const GATES = {
  emulated: { of: (it) => (it.emulated ? 1 : 0), gate: 1, aim: 1 },
  lost: { of: (it) => it.lost, gate: 0, aim: 0, most: true },
  gapMaxMs: { of: (it) => it.gapMaxMs, gate: 5_000, aim: 1_000, most: true },
};

/** Calls while everything between the left edge and the gateways is late, and some of it lost in bursts. */
export async function loss({ left, right, percent, burst, delay, jitter, seed, ...load }) {
  const ways = { strategy: "multi_hop_only", transports: "quic" };
  return await withPair({ left, right, ...ways }, async (pair) => {
    await pair.assertKinds();
    await pair.startGateways();
    const share = percent / 100;
    const proxy = await interpose(pair, { share, burst, delay, jitter, seed });
    await startAll(pair);
    load.tell(`${load.rate} calls a second for ${load.seconds} s`);
    const { figures, timeline } = await callSteadily(pair, "left", load);
    const { passed, lost } = await proxy.ask("counts");
    const measured = lost / (passed + lost);
    const line = new Timeline(timeline);
    const result = {
      packets: { passed, lost, share: rounded(measured) },
      emulated: share === 0 ? lost === 0 : isNear(measured, share),
      lost: line.lost,
      gapMaxMs: rounded(line.longestGapSince(timeline.startedAt)),
      calls: figures,
    };
    return { ...result, gates: judged(GATES, result) };
  });
}

function isNear(measured, asked) {
  return measured > asked / SPREAD && measured < asked * SPREAD;
}
