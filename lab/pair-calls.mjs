import { SIDES } from "./pair.mjs";

/** Milliseconds a call may take. */
export const TIMEOUT = 10_000;

/** What the edge of a side provides. */
export const procedureOf = (side) => `lab.count.${side}`;

const OTHER = { left: "right", right: "left" };

/** Each direction of calls: the side that calls, and its name. */
const DIRECTIONS = { leftToRight: "left", rightToLeft: "right" };

/** Has both edges provide what the other one calls. */
export async function provideBoth(pair) {
  await Promise.all(SIDES.map((side) => pair.edges[side].ask("provide", procedureOf(side))));
}

/** Both edges, ready and providing. Throws where one is not. */
export async function startAll(pair, entrances) {
  const edges = await pair.startEdges(entrances);
  for (const [side, { error }] of Object.entries(edges)) {
    if (error !== undefined) throw new Error(`the ${side} edge is not ready: ${error}`);
  }
  await provideBoth(pair);
  return edges;
}

/** The first call each way, one after the other: milliseconds, null where it failed. */
export async function firstCalls(pair) {
  const result = {};
  for (const [direction, side] of Object.entries(DIRECTIONS)) {
    const order = { procedure: procedureOf(OTHER[side]), timeout: TIMEOUT };
    try {
      result[`${direction}Ms`] = (await pair.edges[side].ask("callOnce", order)).tookMs;
    } catch (error) {
      result[`${direction}Ms`] = null;
      result[`${direction}Error`] = error.message;
    }
  }
  return result;
}

/** Calls both ways at once at a steady rate; figures by direction. */
export async function steadyCalls(pair, { rate, seconds }) {
  const called = Object.entries(DIRECTIONS).map(async ([direction, side]) => {
    const { figures } = await callSteadily(pair, side, { rate, seconds });
    return [direction, figures];
  });
  return Object.fromEntries(await Promise.all(called));
}

/** Calls from one side to the other at a steady rate: `figures` and `timeline`. */
export function callSteadily(pair, side, { rate, seconds }) {
  const order = { rate, seconds, timeout: TIMEOUT, procedure: procedureOf(OTHER[side]) };
  return pair.edges[side].ask("callSteadily", order, seconds + TIMEOUT / 1_000);
}

/** How calls go each way, and why. */
export async function waysOf(pair) {
  const places = {};
  for (const side of SIDES) places[side] = await pair.edges[side].ask("place");
  const ways = Object.entries(DIRECTIONS).map(async ([direction, side]) => {
    const order = { procedure: procedureOf(OTHER[side]), timeout: TIMEOUT };
    const told = await pair.edges[side].ask("explain", order);
    return [direction, wayOf(pair, told, side, places)];
  });
  return Object.fromEntries(await Promise.all(ways));
}

function wayOf(pair, { strategy, rule, hops, error }, side, places) {
  const link = places[side].links.find(({ id }) => id === pair.edges[OTHER[side]].ready.id);
  const via = hops.slice(0, -1).map((id) => pair.nameOf(id));
  const why = error ?? (link === undefined ? whyNoLink(places) : `linked at ${link.address}`);
  return { direct: strategy === "direct", rule: rule ?? null, via, why };
}

function whyNoLink(places) {
  const states = SIDES.map((side) => `${side} ${places[side].dialable}`).join(", ");
  return `no link between them; dialable: ${states}`;
}
