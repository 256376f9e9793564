import { rounded } from "../bench/figures.mjs";
import { judged } from "../bench/gates.mjs";
import { measurePair } from "./nat.mjs";

const GATES = {
  emulated: { of: (it) => shareOf(it.pairs, ({ emulated }) => emulated), gate: 1, aim: 1 },
  completed: { of: (it) => shareOf(it.pairs, ({ success }) => success === 1), gate: 1, aim: 1 },
  firstCallMs: { of: (it) => slowest(it.pairs), gate: 3_000, aim: 1_000, most: true },
};

/** Every pair of the kinds that are named, one lab after the other. */
export async function natMatrix({ kinds, tell, ...options }) {
  const pairs = {};
  for (const [at, left] of kinds.entries()) {
    for (const right of kinds.slice(at)) {
      const name = `${left} x ${right}`;
      pairs[name] = rowOf(await measurePair({ ...options, left, right, tell: () => {} }));
      tell(`${name}: ${JSON.stringify(pairs[name])}`);
    }
  }
  const direct = Object.values(pairs).filter((pair) => pair.direct === true).length;
  const couldMeet = Object.values(pairs).filter((pair) => pair.couldMeet).length;
  const result = { direct, couldMeet, pairs };
  return { ...result, gates: judged(GATES, result) };
}

function rowOf({ emulated, couldMeet, edges, firstCallMs, calls, success, ways }) {
  const both = calls === null ? [] : Object.values(calls);
  const readyMs = highest(Object.values(edges).map((edge) => edge.readyMs));
  return {
    emulated,
    readyMs: rounded(readyMs),
    firstCallMs: rounded(firstCallMs),
    success,
    p50Ms: rounded(highest(both.map((it) => it.p50Ms))),
    p99Ms: rounded(highest(both.map((it) => it.p99Ms))),
    couldMeet,
    direct: ways?.leftToRight.direct && ways.rightToLeft.direct,
  };
}

/** Null where there is none, or one is null. */
function highest(values) {
  return values.length === 0 || values.includes(null) ? null : Math.max(...values);
}

function shareOf(pairs, fits) {
  const all = Object.values(pairs);
  return all.filter(fits).length / all.length;
}

function slowest(pairs) {
  return highest(Object.values(pairs).map((pair) => pair.firstCallMs));
}
