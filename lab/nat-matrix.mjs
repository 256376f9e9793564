import { rounded } from "../bench/figures.mjs";
import { judged } from "../bench/gates.mjs";
import { isDirect, saysWhy } from "./directness.mjs";
import { measurePair } from "./nat.mjs";
import { quantileOrNull } from "./timeline.mjs";

/** Milliseconds from the first call until one is answered over a direct link: the slowest twentieth may take longer. */
const DIRECT_WITHIN = 1_000;

const GATES = {
  emulated: { of: (it) => shareOf(it.pairs, ({ emulated }) => emulated), gate: 1, aim: 1 },
  completed: { of: (it) => shareOf(it.pairs, ({ success }) => success === 1), gate: 1, aim: 1 },
  firstCallMs: { of: (it) => slowest(it.pairs), gate: 3_000, aim: 1_000, most: true },
  directWhereCould: { of: directWhereCould, gate: 1, aim: 1 },
  directP95Ms: { of: (it) => it.directP95Ms, gate: DIRECT_WITHIN, aim: 500, most: true },
  saysWhy: { of: saysWhyWhereNot, gate: 1, aim: 1 },
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
  const all = Object.values(pairs);
  const could = all.filter(({ couldMeet }) => couldMeet);
  const times = could.flatMap(({ directMs }) => Object.values(directMs));
  const result = {
    direct: all.filter(({ direct }) => direct).length,
    couldMeet: could.length,
    directP50Ms: rounded(quantileOrNull(times, 0.5)),
    directP95Ms: rounded(quantileOrNull(times, 0.95)),
    directMaxMs: rounded(quantileOrNull(times, 1)),
    pairs,
  };
  return { ...result, gates: judged(GATES, result) };
}

function rowOf({ emulated, couldMeet, edges, firstCallMs, calls, success, ways, directMs, error }) {
  const both = calls === null ? [] : Object.values(calls);
  const readyMs = highest(Object.values(edges).map((edge) => edge.readyMs));
  const each = (of) => ways && { leftToRight: of("leftToRight"), rightToLeft: of("rightToLeft") };
  return {
    emulated,
    readyMs: rounded(readyMs),
    firstCallMs: rounded(firstCallMs),
    success,
    p50Ms: rounded(highest(both.map((it) => it.p50Ms))),
    p99Ms: rounded(highest(both.map((it) => it.p99Ms))),
    couldMeet,
    direct: isDirect({ ways }),
    directMs: {
      leftToRight: rounded(directMs.leftToRight),
      rightToLeft: rounded(directMs.rightToLeft),
    },
    saysWhy: saysWhy({ ways }),
    why: each((direction) => ways[direction].why),
    error,
  };
}

/** Of the pairs that could meet, how many call each other directly, both ways. */
function directWhereCould({ pairs }) {
  const could = Object.values(pairs).filter(({ couldMeet }) => couldMeet);
  return could.length === 0
    ? undefined
    : could.filter(({ direct }) => direct).length / could.length;
}

/** Of those that could not, how many stay on the mesh and say why. */
function saysWhyWhereNot({ pairs }) {
  const could = Object.values(pairs).filter(({ couldMeet }) => !couldMeet);
  return could.length === 0 ? undefined : could.filter((it) => it.saysWhy).length / could.length;
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
