import { median, rounded } from "../bench/figures.mjs";
import { judged } from "../bench/gates.mjs";
import { SIDES, wall, withPair } from "./pair.mjs";
import { procedureOf, TIMEOUT } from "./pair-calls.mjs";

const GATES = {
  totalMaxMs: { of: (it) => it.totalMaxMs, gate: 2_000, aim: 1_000, most: true },
};

/** Two cold processes that know one and the same gateway: from their start to the first answered call, several times. */
export async function twoEdges({ times, tell, ...options }) {
  return await withPair(options, async (pair) => {
    await pair.assertKinds();
    await pair.startGateways();
    const runs = [];
    for (let run = 1; run <= times; run++) {
      runs.push(await fromStartToAnswer(pair));
      tell(`run ${run} of ${times}: ${JSON.stringify(runs.at(-1))}`);
      await pair.endEdges();
    }
    const totals = runs.map(({ totalMs }) => totalMs);
    const failed = totals.includes(null);
    const result = {
      totalMedianMs: median(totals),
      totalMaxMs: failed ? null : Math.max(...totals),
      runs,
    };
    return { ...result, gates: judged(GATES, result) };
  });
}

/** The left one calls as soon as it is ready and the right one provides. */
async function fromStartToAnswer(pair) {
  const startedAt = wall();
  try {
    const [left, right] = await Promise.all(
      SIDES.map(async (side) => {
        const { times } = await pair.startEdge(side, 0);
        if (side === "left") return phases(times, startedAt);
        const providedAt = await pair.edges.right.ask("provide", procedureOf("right"));
        return { ...phases(times, startedAt), provideMs: rounded(providedAt - times.ready) };
      }),
    );
    const order = { procedure: procedureOf("right"), timeout: TIMEOUT };
    const { tookMs, at } = await pair.edges.left.ask("callOnce", order);
    return { totalMs: rounded(at - startedAt), left, right, callMs: rounded(tookMs) };
  } catch (error) {
    return { totalMs: null, error: error.message };
  }
}

/** What a cold process spends its time with, in milliseconds. */
function phases({ began, imported, created, ready }, startedAt) {
  return {
    processMs: rounded(began - startedAt),
    importMs: rounded(imported - began),
    createMs: rounded(created - imported),
    readyMs: rounded(ready - created),
  };
}
