import type { ErrorCode } from "../base/errors.ts";
import type { Millis } from "../base/ports.ts";
import type { ProbeFailure } from "../routing/strategy.ts";
import type { Mapping } from "../wire/punch.ts";

/** Where two NATs stand in the way and nothing can be done about it. */
const PAUSE_HOPELESS: Millis = 1_800_000;

/** After the first time: longer than a router keeps what a packet that came too early has left in it. */
const PAUSE_FIRST: Millis = 35_000;

const PAUSE_BLOCKED: Millis = 600_000;

/** Where another time may be better: the peer is busy, or does not yet know who vouches for whom. */
const PAUSE_SHORT: Millis = 60_000;

export const NO_DATAGRAMS = "udp is blocked, or not used: all links of this node go over TCP";

/** How an attempt to open a link ended. */
export type PunchOutcome =
  | { readonly kind: "silence" }
  | { readonly kind: "hopeless" }
  /** No link of this node goes by datagrams. */
  | { readonly kind: "no_datagrams" }
  /** No knock came through, or the dial failed behind it. */
  | { readonly kind: "blocked" }
  | { readonly kind: "refused"; readonly code: ErrorCode }
  /** An address of the peer is not vouched for. */
  | { readonly kind: "unvouched"; readonly reason: string };

/** What the links of both ends tell of their NATs. */
export interface Mappings {
  readonly own: Mapping;
  readonly peer: Mapping;
}

/** True where both NATs give another port to each peer, so that neither can be told where to knock. */
export function isHopeless({ own, peer }: Mappings): boolean {
  return own === "varying" && peer === "varying";
}

/** Why it failed, in words, and how long it is not tried again. `times`: attempts in a row that were blocked, this one included. */
export function failureOf(outcome: PunchOutcome, mappings: Mappings, times: number): ProbeFailure {
  switch (outcome.kind) {
    case "silence":
      return { reason: "the peer has not answered the offer of a link", pause: PAUSE_SHORT };
    case "refused":
      return { reason: `the peer opens no link: ${outcome.code}`, pause: PAUSE_SHORT };
    case "unvouched":
      return {
        reason: `the peer's addresses are not believed: ${outcome.reason}`,
        pause: PAUSE_SHORT,
      };
    case "no_datagrams":
      return { reason: NO_DATAGRAMS, pause: PAUSE_SHORT };
    case "hopeless":
      return { reason: "both ends stand behind symmetric NATs", pause: PAUSE_HOPELESS };
    case "blocked":
      return blocked(mappings, times);
  }
}

function blocked({ own, peer }: Mappings, times: number): ProbeFailure {
  const unclear = "no packet got through to the peer";
  const isFirst = times < 2;
  if (own !== "varying" && peer !== "varying") {
    return { reason: unclear, pause: isFirst ? PAUSE_FIRST : PAUSE_BLOCKED };
  }
  const [one, other] = own === "varying" ? ["this node", "the peer"] : ["the peer", "this node"];
  if (isFirst) {
    const reason = `${unclear}: ${one}'s NAT is symmetric, and ${other}'s seems to let in by port`;
    return { reason, pause: PAUSE_FIRST };
  }
  return {
    reason: `${one}'s NAT is symmetric, and ${other}'s lets in by port`,
    pause: PAUSE_HOPELESS,
  };
}
