import { judged } from "../bench/gates.mjs";
import { measurePair } from "./nat.mjs";
import { SIDES } from "./pair.mjs";

const GATES = {
  emulated: { of: (it) => (it.emulated ? 1 : 0), gate: 1, aim: 1 },
  success: { of: (it) => it.success, gate: 1, aim: 1 },
  firstCallMs: { of: (it) => it.firstCallMs, gate: 3_000, aim: 1_000, most: true },
  readyMs: { of: slowestReady, gate: 2_000, aim: 1_500, most: true },
  saysSo: { of: saysSo, gate: 1, aim: 1 },
};

const BLOCKED = { one: ["left"], both: ["left", "right"] };
export const BLOCKED_NAMES = Object.keys(BLOCKED);

/** What carries the links of an edge, and what it says of UDP, on a side that is blocked and on one that is not. */
const EXPECTED = {
  blocked: { udp: "blocked", links: ["tls"] },
  open: { udp: "works", links: ["quic"] },
};

/** The home routers of one side, or of both, let no UDP pass. */
export async function udpBlocked({ side, ...options }) {
  const blocked = BLOCKED[side];
  const result = await measurePair({
    ...options,
    disturb: (pair) => {
      for (const name of blocked) pair.lab.disturb.blockUdp(pair.host(name));
    },
    isEmulated: (nats) =>
      Object.entries(nats).every(([name, seen]) => {
        return blocked.includes(name) ? seen.mapping === null && seen.tcp : seen.asExpected;
      }),
    atEnd: async (pair) => ({ transports: await transportsOf(pair, blocked) }),
  });
  return { ...result, gates: judged(GATES, result) };
}

async function transportsOf(pair, blocked) {
  const told = SIDES.map(async (name) => {
    const { links, transport } = await pair.edges[name].ask("place");
    const kinds = [...new Set(links.map((link) => link.transport))].sort();
    const expected = EXPECTED[blocked.includes(name) ? "blocked" : "open"];
    const asExpected = transport.udp === expected.udp && kinds.join() === expected.links.join();
    return [name, { udp: transport.udp, links: kinds, asExpected }];
  });
  return Object.fromEntries(await Promise.all(told));
}

function saysSo({ transports }) {
  if (transports === undefined) return null;
  return Object.values(transports).every(({ asExpected }) => asExpected) ? 1 : 0;
}

/** Milliseconds from the start of its process until the slower edge was ready; null where one was not. */
function slowestReady({ edges }) {
  const times = Object.values(edges).map(({ readyMs }) => readyMs);
  return times.includes(null) ? null : Math.max(...times);
}
