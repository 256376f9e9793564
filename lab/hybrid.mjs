import { setTimeout as pause } from "node:timers/promises";
import { rounded } from "../bench/figures.mjs";
import { judged } from "../bench/gates.mjs";
import { interpose, SIDES, wall, withPair } from "./pair.mjs";
import { callSteadily, startAll, wayOf } from "./pair-calls.mjs";
import { Timeline } from "./timeline.mjs";

/** Seconds of calls ahead of the cut, and with each of the strategies that know one way only. */
const LEAD = 4;
const ALONE = 3;
/** Calls a second by which it is seen whether links stay as many as they are. */
const FAST = 500;
/** Calls that are to fail, for want of the only way they may take. */
const HOPELESS = { rate: 2, seconds: 2 };
/** Milliseconds after an end that calls still under way are given, for the time they began in to be told apart. */
const SETTLED = 1_000;

const GATES = {
  lost: { of: (it) => it.lost, gate: 0, aim: 0, most: true },
  directMs: { of: (it) => it.directMs, gate: 1_000, aim: 500, most: true },
  gain: { of: gainOf, gate: 2, aim: 10 },
  gapMs: { of: (it) => it.whileCut.gapMs, gate: 5_000, aim: 1_000, most: true },
  backOnMesh: {
    of: (it) => Number(it.whileCut.direct === 0 && it.whileCut.routed > 0),
    gate: 1,
    aim: 1,
  },
  directAgain: { of: (it) => Number(it.afterCut.isExplained), gate: 1, aim: 1 },
  linksGrown: { of: (it) => it.many.grown, gate: 0, aim: 0, most: true },
  manyLost: { of: (it) => it.many.lost, gate: 0, aim: 0, most: true },
  multiHopLost: { of: (it) => it.multiHopOnly.lost, gate: 0, aim: 0, most: true },
  multiHopLinks: { of: (it) => it.multiHopOnly.shortcuts, gate: 0, aim: 0, most: true },
  multiHopPackets: { of: (it) => it.multiHopOnly.packetsBetween, gate: 0, aim: 0, most: true },
  directOnlyLost: { of: (it) => it.directOnly.lost, gate: 0, aim: 0, most: true },
  directOnlyRouted: { of: (it) => it.directOnly.routed, gate: 0, aim: 0, most: true },
  noDirectLink: { of: (it) => it.withoutLink.share, gate: 1, aim: 1 },
};

/**
 * What the three strategies make of a pair that can be linked, the left side of which is `delay` milliseconds away from the
 * gateways, each way: calls move to the direct path, lose it for `cut` seconds, and have it back.
 */
export async function hybrid({ left, right, delay, ...options }) {
  return await withPair({ left, right, strategy: "hybrid" }, async (pair) => {
    await pair.assertKinds();
    await pair.startGateways();
    await interpose(pair, { delay, jitter: 0, share: 0, burst: 1, seed: 1 });
    const packetsBetween = pair.lab.disturb.watchBetween();
    await startAll(pair);
    const switching = await switchOver(pair, options);
    const many = await manyCalls(pair, options);
    const multiHopOnly = await alone(pair, "multi_hop_only", { ...options, packetsBetween });
    const directOnly = await alone(pair, "direct_only", { ...options, packetsBetween });
    const withoutLink = await hopeless(pair);
    const result = { ...switching, many, multiHopOnly, directOnly, withoutLink };
    return { ...result, gates: judged(GATES, result) };
  });
}

function gainOf({ medianMs: { routed, direct } }) {
  return routed === null || direct === null ? null : rounded(routed / direct);
}

/** Calls go on all the time: until they are direct, while nothing passes between the two sides, and when it does again. */
async function switchOver(pair, { rate, cut, seconds, tell }) {
  tell(`${rate} calls a second; the direct path is cut after ${LEAD} s, for ${cut} s`);
  const calling = callSteadily(pair, "left", { rate, seconds: LEAD + cut + seconds });
  await pause(LEAD * 1_000);
  const cutAt = wall();
  pair.lab.disturb.part();
  await pause(cut * 1_000);
  const told = await wayOf(pair, "left");
  const healedAt = wall();
  pair.lab.disturb.join();
  const { figures, timeline } = await calling;
  const line = new Timeline(timeline);
  const during = line.hopsDuring(cutAt + SETTLED, healedAt - SETTLED);
  const { direct, why } = await wayOf(pair, "left");
  const directMs = line.directMsSince(timeline.startedAt);
  return {
    lost: line.lost,
    errors: figures.errors,
    directMs: rounded(directMs),
    medianMs: {
      routed: rounded(line.medianMs(false, timeline.startedAt, cutAt)),
      direct: rounded(line.medianMs(true, timeline.startedAt, cutAt)),
    },
    whileCut: {
      gapMs: rounded(line.longestGapSince(cutAt)),
      direct: during[0] ?? 0,
      routed: sum(during) - (during[0] ?? 0),
      medianMs: rounded(line.medianMs(false, cutAt + SETTLED, healedAt)),
      why: told.why,
    },
    afterCut: {
      directAgainMs: rounded(line.directMsSince(healedAt)),
      why,
      // Either it is direct again, or it says what it waits for.
      isExplained: direct || /no packet|lost|answered/.test(why),
    },
  };
}

/** Many calls, and whether anybody has more links after them. */
async function manyCalls(pair, { calls, tell }) {
  tell(`${calls} calls, ${FAST} a second`);
  const before = await linksOf(pair);
  const { figures } = await callSteadily(pair, "left", { rate: FAST, seconds: calls / FAST });
  const after = await linksOf(pair);
  const grown = Object.keys(before).filter((name) => after[name] > before[name]).length;
  return { calls: figures.calls, lost: figures.calls - figures.answered, before, after, grown };
}

async function linksOf(pair) {
  const all = [...pair.gateways, ...SIDES.map((side) => pair.edges[side])];
  const told = all.map(async (process) => [process.name, (await process.ask("links")).links]);
  return Object.fromEntries(await Promise.all(told));
}

/** New edges that know one way only. */
async function alone(pair, strategy, { rate, packetsBetween, tell }) {
  tell(`calls that are ${strategy}`);
  await restart(pair, strategy);
  const before = packetsBetween();
  const { figures, timeline } = await callSteadily(pair, "left", { rate, seconds: ALONE });
  const hops = new Timeline(timeline).hopsDuring(timeline.startedAt, wall());
  const places = await Promise.all(SIDES.map((side) => pair.edges[side].ask("place")));
  return {
    lost: figures.calls - figures.answered,
    errors: figures.errors,
    firstMs: rounded(new Timeline(timeline).firstMs),
    direct: hops[0] ?? 0,
    routed: sum(hops) - (hops[0] ?? 0),
    shortcuts: places.flatMap(({ links }) => links.filter((link) => link.shortcut)).length,
    packetsBetween: packetsBetween() - before,
  };
}

/** What becomes of calls that are direct or nothing, where they can't be direct. */
async function hopeless(pair) {
  await restart(pair, "direct_only");
  pair.lab.disturb.part();
  const { figures } = await callSteadily(pair, "left", HOPELESS);
  pair.lab.disturb.join();
  return { errors: figures.errors, share: (figures.errors.no_direct_link ?? 0) / figures.calls };
}

async function restart(pair, strategy) {
  await pair.endEdges();
  pair.strategy = strategy;
  await startAll(pair);
}

function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
