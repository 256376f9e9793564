import { rounded } from "../bench/figures.mjs";
import { judged } from "../bench/gates.mjs";
import { SIDES, withPair } from "./pair.mjs";
import { startAll } from "./pair-calls.mjs";
import { quantileOrNull } from "./timeline.mjs";
import { runTrials } from "./trials.mjs";

/** Seconds in which a dead gateway has to be an anchor no more, and one that is back has to be one again. */
const REPLACED_WITHIN = 15;
const BACK_WITHIN = 60;

const GATES = {
  lost: { of: (it) => it.lost, gate: 0, aim: 0, most: true },
  inFlightP99Ms: { of: (it) => it.inFlightP99Ms, gate: 1_500, aim: 1_000, most: true },
  anchorsP95Ms: { of: (it) => it.anchorsP95Ms, gate: 4_000, aim: 2_000, most: true },
};

/** One of two gateways is killed under calls, in turn; once the calls have ended it is started again. */
export async function gatewayCrash({ left, right, strategy, ...options }) {
  return await withPair({ left, right, strategy }, async (pair) => {
    await pair.assertKinds();
    await pair.startGateways();
    await startAll(pair);
    const crashed = (number) => number % pair.gateways.length;
    const trials = {
      prepare: async (number) => {
        if (number > 0) await pair.startGateway(crashed(number - 1));
        await bothAnchored(pair);
      },
      event: (number, at) => crash(pair, crashed(number), at),
    };
    const result = await runTrials(pair, options, trials);
    const times = result.trials.flatMap(({ anchorsMs }) => Object.values(anchorsMs));
    const figures = { ...result, anchorsP95Ms: quantileOrNull(times, 0.95) };
    return { ...figures, gates: judged(GATES, figures) };
  });
}

/** Milliseconds until each edge has other anchors, null where it keeps the dead one. */
async function crash(pair, gateway, at) {
  const { id } = pair.gateways[gateway].ready;
  await pair.gateways[gateway].kill();
  const watched = SIDES.map(async (side) => {
    const replacedAt = await anchors(pair, side, { without: [id] }, REPLACED_WITHIN);
    return [side, replacedAt === null ? null : rounded(replacedAt - at)];
  });
  return { gateway: gateway + 1, anchorsMs: Object.fromEntries(await Promise.all(watched)) };
}

/** Throws where an edge does not find its way to both gateways. */
async function bothAnchored(pair) {
  const having = pair.gateways.map(({ ready }) => ready.id);
  const found = await Promise.all(
    SIDES.map((side) => anchors(pair, side, { having }, BACK_WITHIN)),
  );
  const lacking = SIDES.filter((_, at) => found[at] === null);
  if (lacking.length === 0) return;
  throw new Error(
    `within ${BACK_WITHIN} s, gateways are not both anchors of: ${lacking.join(", ")}`,
  );
}

function anchors(pair, side, wanted, seconds) {
  return pair.edges[side].ask("anchorsChanged", { ...wanted, seconds }, seconds);
}
