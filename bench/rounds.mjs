import { medians } from "./figures.mjs";
import { judged } from "./gates.mjs";

/**
 * Measures scenarios in turns, so that a busy minute of the machine hits them all, and returns the median of
 * each figure by scenario, with the gates behind them. `measure` has a function for each scenario.
 */
export async function inRounds({ bench, runs, only, tell }, measure, gates) {
  const names = only ?? Object.keys(measure);
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 1; run <= runs; run++) {
    for (const name of names) {
      tell(`${bench} ${name}, run ${run} of ${runs}`);
      measured[name].push(await measure[name]());
    }
  }
  const result = Object.fromEntries(names.map((name) => [name, medians(measured[name])]));
  return { ...result, gates: judged(gates, result) };
}
