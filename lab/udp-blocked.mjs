import { judged } from "../bench/gates.mjs";
import { measurePair } from "./nat.mjs";

const GATES = {
  emulated: { of: (it) => (it.emulated ? 1 : 0), gate: 1, aim: 1 },
  success: { of: (it) => it.success, gate: 1, aim: 1 },
  firstCallMs: { of: (it) => it.firstCallMs, gate: 3_000, aim: 1_000, most: true },
};

const BLOCKED = { one: ["left"], both: ["left", "right"] };
export const BLOCKED_NAMES = Object.keys(BLOCKED);

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
  });
  return { ...result, gates: judged(GATES, result) };
}
