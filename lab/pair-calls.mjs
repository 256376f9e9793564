import { SIDES } from "./pair.mjs";

/** Milliseconds a call may take. */
export const TIMEOUT = 10_000;

/** What the edge of a side provides. */
export const procedureOf = (side) => `lab.count.${side}`;

const OTHER = { left: "right", right: "left" };

/** Each direction of calls: the side that calls, by its name. */
export const DIRECTIONS = { leftToRight: "left", rightToLeft: "right" };

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

/** Calls from one side to the other at a steady rate: `figures` and `timeline`. */
export function callSteadily(pair, side, { rate, seconds }) {
  const order = { rate, seconds, timeout: TIMEOUT, procedure: procedureOf(OTHER[side]) };
  return pair.edges[side].ask("callSteadily", order, seconds + TIMEOUT / 1_000);
}

/** How calls of one side go to the other, and why. */
export async function wayOf(pair, side) {
  const caller = pair.edges[side];
  const callee = pair.edges[OTHER[side]].ready.id;
  const order = { procedure: procedureOf(OTHER[side]), timeout: TIMEOUT };
  const { strategy, rule, hops, error } = await caller.ask("explain", order);
  const { links, routing } = await caller.ask("place");
  const link = links.find(({ id }) => id === callee);
  const learned = routing.destinations.find(({ node }) => node === callee);
  const via = hops.slice(0, -1).map((id) => pair.nameOf(id));
  return {
    direct: strategy === "direct",
    rule: rule ?? null,
    via,
    linkedAt: link?.address ?? null,
    why: error ?? whyOf(link, learned),
  };
}

function whyOf(link, learned) {
  if (link !== undefined && !link.shortcut) return "linked in the overlay";
  return learned?.reason ?? "no call to it was answered lately";
}
