import { choice, choices, kind, number, wholeNumber, yes } from "./flags.mjs";
import { gatewayCrash } from "./gateway-crash.mjs";
import { hybrid } from "./hybrid.mjs";
import { killRelays } from "./kill-relays.mjs";
import { loss } from "./loss.mjs";
import { newAddress, rebind, TURN_NAMES } from "./moved-home.mjs";
import { EXPECTATIONS, nat } from "./nat.mjs";
import { natMatrix } from "./nat-matrix.mjs";
import { KIND_NAMES } from "./net/kinds.mjs";
import { twoEdges } from "./two-edges.mjs";
import { BLOCKED_NAMES, udpBlocked } from "./udp-blocked.mjs";

const DAY = 86_400;

const seconds = (otherwise) => number(otherwise, 1, DAY, "how long calls are made");
const rate = (otherwise) => number(otherwise, 1, 5_000, "calls a second");
const times = (otherwise) => wholeNumber(otherwise, 1, 1_000, "how often it is tried");
const after = (otherwise) => number(otherwise, 1, 3_600, "seconds of calls after each event");
const NATS = { left: kind("NAT of the left edge"), right: kind("NAT of the right edge") };
const CARRIER = {
  "shared-home": yes("both edges are in one home, that of the left"),
  "shared-carrier": yes("both homes are behind one carrier, that of the left"),
  hairpin: yes("the carrier lets those inside reach each other by their outer addresses"),
};
const STRATEGIES = ["hybrid", "multi_hop_only", "direct_only"];
const strategy = (otherwise) => choice(otherwise, STRATEGIES, "which ways calls may take");
/** Of scenarios in which homes are found elsewhere than before. */
const MOVES = {
  ...NATS,
  side: choice("both", TURN_NAMES, "whose router, in turn"),
  strategy: strategy("hybrid"),
  times: times(10),
  seconds: after(7),
  rate: rate(100),
};

/** What there is to tell of all trials, then of each. */
function trialRows({ trials, runs = trials, ...all }) {
  const each = runs.map((trial, at) => [`number ${at + 1}`, trial]);
  return { all, ...Object.fromEntries(each) };
}

/** What the lab can do, by name: `run` it, with these `flags`; what it is `about`; rows of its table on a terminal. */
export const SCENARIOS = {
  "kill-relays": {
    about: "calls between two nodes that nobody can dial, while relays are killed",
    run: killRelays,
    flags: {
      seconds: seconds(300),
      every: number(30, 2, 3_600, "seconds between two kills"),
      rate: rate(200),
    },
  },
  nat: {
    about: "two edges behind NATs: how fast they find each other, and which way calls go",
    run: nat,
    flags: {
      ...NATS,
      ...CARRIER,
      "udp-timeout": wholeNumber(30, 1, 3_600, "seconds until routers forget an idle mapping"),
      expect: choice("any", EXPECTATIONS, "which way calls have to go"),
      seconds: seconds(3),
      rate: rate(20),
    },
  },
  "nat-matrix": {
    about: "the same for every pair of kinds",
    run: natMatrix,
    flags: {
      kinds: choices(KIND_NAMES, "kinds of NAT"),
      seconds: seconds(3),
      rate: rate(20),
    },
    rows: ({ pairs }) => pairs,
  },
  hybrid: {
    about: "calls move to the direct path, lose it and have it back; and with one way only",
    run: hybrid,
    flags: {
      ...NATS,
      delay: number(20, 0, 1_000, "milliseconds to the gateways each way"),
      cut: number(8, 3, 600, "seconds without the direct path"),
      seconds: number(45, 3, DAY, "seconds of calls after it is there again"),
      calls: wholeNumber(10_000, 500, 10_000_000, "calls over which links have to stay as many"),
      rate: rate(50),
    },
  },
  "two-edges": {
    about: "two cold processes that know one address: from their start to an answered call",
    run: twoEdges,
    flags: { ...NATS, times: times(5) },
    rows: trialRows,
  },
  rebind: {
    about: "home routers forget their mappings and give other ports, under calls",
    run: rebind,
    flags: MOVES,
    rows: trialRows,
  },
  "new-address": {
    about: "home routers get another address, under calls",
    run: newAddress,
    flags: MOVES,
    rows: trialRows,
  },
  "gateway-crash": {
    about: "one of two gateways is killed under calls",
    run: gatewayCrash,
    flags: {
      ...NATS,
      strategy: strategy("multi_hop_only"),
      times: times(6),
      seconds: after(7),
      rate: rate(100),
    },
    rows: trialRows,
  },
  loss: {
    about: "calls over a way that is late and loses packets in bursts",
    run: loss,
    flags: {
      ...NATS,
      percent: number(5, 0, 90, "percent of the packets that are lost each way"),
      burst: number(10, 1, 1_000, "packets that are lost in a row on average"),
      delay: number(20, 0, 5_000, "milliseconds each way"),
      jitter: number(5, 0, 5_000, "milliseconds that chance adds at most"),
      seed: wholeNumber(1, 0, 2 ** 32 - 1, "where the chance comes from"),
      seconds: seconds(20),
      rate: rate(100),
    },
  },
  "udp-blocked": {
    about: "home routers let no UDP pass",
    run: udpBlocked,
    flags: {
      ...NATS,
      side: choice("one", BLOCKED_NAMES, "whose routers"),
      seconds: seconds(5),
      rate: rate(50),
    },
  },
};
