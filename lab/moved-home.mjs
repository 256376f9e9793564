import { judged } from "../bench/gates.mjs";
import { UsageError } from "./flags.mjs";
import { KINDS } from "./net/kinds.mjs";
import { SIDES, withPair } from "./pair.mjs";
import { startAll } from "./pair-calls.mjs";
import { runTrials } from "./trials.mjs";

const GATES = {
  changed: { of: (it) => Number(it.trials.every((trial) => trial.changed)), gate: 1, aim: 1 },
  lost: { of: (it) => it.lost, gate: 0, aim: 0, most: true },
  gapP95Ms: { of: (it) => it.gapP95Ms, gate: 1_000, aim: 500, most: true },
  gapMaxMs: { of: (it) => it.gapMaxMs, gate: 5_000, aim: 1_000, most: true },
};

/** Whose router it happens to, in turn. */
const TURNS = { both: SIDES, left: ["left"], right: ["right"] };
export const TURN_NAMES = Object.keys(TURNS);

/** Home routers forget their mappings and give other ports, under calls. */
export function rebind(options) {
  return move(options, (pair, side) => pair.lab.disturb.rebind(pair.host(side)));
}

/** Home routers get another address, under calls. */
export function newAddress(options) {
  return move(options, (pair, side) => pair.lab.disturb.newAddress(pair.host(side)));
}

async function move({ side: turn, left, right, strategy, ...options }, change) {
  const sides = TURNS[turn];
  const kinds = { left, right };
  if (sides.some((side) => KINDS[kinds[side]].home === undefined)) {
    throw new UsageError(
      "a public side has no router this could happen to: name a NAT, or the other --side",
    );
  }
  return await withPair({ ...kinds, strategy }, async (pair) => {
    await pair.assertKinds();
    const probes = await pair.probes();
    await pair.startGateways();
    await startAll(pair);
    const event = async (number) => {
      const side = sides[number % sides.length];
      const before = await probes[side].ask("seen");
      change(pair, side);
      const after = await probes[side].ask("seen");
      return { side, changed: isElsewhere(before, after) };
    };
    const result = await runTrials(pair, options, { event });
    return { ...result, gates: judged(GATES, result) };
  });
}

/** Seen before and after, and not at the same place. */
function isElsewhere(before, after) {
  if (before === null || after === null) return false;
  return before.address !== after.address || before.port !== after.port;
}
