import { setTimeout as pause } from "node:timers/promises";
import { rounded } from "../bench/figures.mjs";
import { wall } from "./pair.mjs";
import { callSteadily } from "./pair-calls.mjs";
import { quantileOrNull, Timeline } from "./timeline.mjs";

/** Seconds of calls ahead of each event. */
const LEAD = 1;
/** Milliseconds after an event in which a call that begins counts as under way in it. */
const AFTERMATH = 5_000;

/**
 * Calls from left to right at a steady rate, and a second after they have begun, `event(number)` happens; for `seconds` more
 * they go on. That `times` times, with `prepare(number)` ahead of each. `event` resolves with what there is to tell of it
 * beyond the calls.
 */
export async function runTrials(pair, { times, seconds, rate, tell }, { prepare, event }) {
  const trials = [];
  const underWay = [];
  for (let number = 0; number < times; number++) {
    await prepare?.(number);
    const calling = callSteadily(pair, "left", { rate, seconds: LEAD + seconds });
    await pause(LEAD * 1_000);
    const at = wall();
    const [{ figures, timeline }, told] = await Promise.all([calling, event(number, at)]);
    const line = new Timeline(timeline);
    const gapMs = rounded(line.longestGapSince(at));
    underWay.push(...line.during(at, at + AFTERMATH));
    trials.push({
      ...told,
      lost: line.lost,
      gapMs,
      p99Ms: rounded(figures.p99Ms),
      errors: figures.errors,
    });
    tell(`${number + 1} of ${times}: ${JSON.stringify(trials.at(-1))}`);
  }
  return { ...summaryOf(trials, underWay), trials };
}

function summaryOf(trials, underWay) {
  const gaps = trials.map(({ gapMs }) => gapMs);
  return {
    lost: trials.reduce((sum, trial) => sum + trial.lost, 0),
    gapP95Ms: quantileOrNull(gaps, 0.95),
    gapMaxMs: quantileOrNull(gaps, 1),
    inFlightP99Ms: rounded(quantileOrNull(underWay, 0.99)),
  };
}
