import type { BootstrapStatus, NodeStatus } from "../../index.ts";
import { MODES } from "../../node/modes.ts";
import { adviceFor } from "../failure.ts";
import { short } from "../show/table.ts";
import { type DoctorFacts, type Finding, fail, ok, type PlaceFacts, warn } from "./facts.ts";
import { natFinding } from "./nat.ts";
import { peerFindings } from "./peer-findings.ts";

/** How far a neighbour's contact may have been signed in the past while all clocks agree, in milliseconds. */
const SIGNED_AGO_MAX = 700_000;

/** Milliseconds that clocks may differ by before it is worth a word, and before signatures are refused. */
const SKEW_TOLD = 5_000;
const SKEW_REFUSED = 600_000;

/** Share of a bound that is as good as all of it. */
const NEARLY_FULL = 0.9;

/** What is told of these by findings of their own. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["dialable", "cut_off"]);

/** What a node's network is like, and what to do about it, in the order in which one thing rests on another. Pure. */
export function diagnose(facts: DoctorFacts): Finding[] {
  const { status } = facts;
  return [
    ...place("key", "the key file", facts.key),
    ...place("state", "the state directory", facts.state),
    ...status.bootstrap.map((entry) => bootstrap(entry, status.links.length > 0)),
    udp(facts),
    mesh(status),
    anchors(status),
    natFinding(facts),
    dialable(status),
    ...clock(status),
    ...health(status),
    ...bounds(status),
    ...peerFindings(facts),
  ];
}

function place(topic: string, what: string, facts: PlaceFacts | undefined): Finding[] {
  if (facts === undefined) return [];
  const { path, problem } = facts;
  if (problem === undefined) return [ok(topic, `${what} ${path} can be used`)];
  return [
    fail(
      topic,
      problem,
      `correct the rights or the path of ${path}; a node does not start without it`,
    ),
  ];
}

function bootstrap(
  { target: written, connected, lastError }: BootstrapStatus,
  isInMesh: boolean,
): Finding {
  const target = written.replace(/^([0-9a-f]{8})[0-9a-f]{56}@/, "$1…@");
  if (connected) return ok("bootstrap", `${target} is linked`);
  if (lastError === undefined) {
    if (isInMesh) return ok("bootstrap", `${target} is not needed now`);
    return fail("bootstrap", `${target} has not answered yet`, "allow more time with --timeout");
  }
  const says = `${target} could not be linked: ${lastError}`;
  const advice =
    adviceFor(lastError.split(":", 1)[0] as string) ?? "correct or remove it in the bootstrap list";
  return isInMesh ? warn("bootstrap", says, advice) : fail("bootstrap", says, advice);
}

function udp({ udp: state, status }: DoctorFacts): Finding {
  const open = "let UDP out to the bootstrap ports, and answers back in";
  if (state === "works") return ok("udp", "UDP goes through, both ways");
  if (state === "unused") return ok("udp", "it has been told to use TCP alone");
  if (state === "blocked" && status.links.length > 0) {
    return warn("udp", "UDP is blocked: links go over TCP, and no direct links are opened", open);
  }
  if (state === "blocked")
    return fail("udp", "UDP is blocked, and nothing else came through", open);
  return warn(
    "udp",
    "nothing has come back over UDP: no node runs at those addresses, or a firewall drops it",
    `see that a node runs there; if one does, ${open}`,
  );
}

function mesh({ links, ready, bootstrap: entrances, health: { reasons } }: NodeStatus): Finding {
  const count = `${links.length} link${links.length === 1 ? "" : "s"}`;
  if (links.length > 0 && ready && !reasons.some((it) => it.startsWith("cut_off:"))) {
    return ok("mesh", `it has its place in the mesh, with ${count}`);
  }
  if (entrances.length === 0) {
    return ok(
      "mesh",
      "it is the first of its mesh, and nobody has come yet",
      "give others its address with --bootstrap",
    );
  }
  if (links.length === 0) {
    const advice =
      "see what is said of bootstrap and udp; it goes on trying and comes back by itself";
    return fail("mesh", "it has no link: nobody reaches it, and its calls fail", advice);
  }
  const advice = "wait a few seconds and ask again; see that a gateway is among its links";
  return warn("mesh", `it has ${count}, and has not found its place yet`, advice);
}

function anchors({ mode, anchors: held, links, overlay, dialable: state }: NodeStatus): Finding {
  const names = held.map(short).join(" ");
  if (MODES[mode].transit && (overlay === undefined || state === "proved")) {
    return ok("anchors", "it needs none: it passes on the calls of others itself");
  }
  if (held.length > 1)
    return ok("anchors", `it is reached through ${held.length} gateways: ${names}`);
  if (held.length === 1) {
    return ok(
      "anchors",
      `it is reached through one gateway: ${names}`,
      "run a second gateway for when this one is down",
    );
  }
  if (links.length === 0) {
    return fail(
      "anchors",
      "it has none: nobody can reach it",
      "see what is said of bootstrap and udp",
    );
  }
  if (overlay === undefined)
    return ok("anchors", "it has none: with static links it is reached by those it is linked to");
  return fail(
    "anchors",
    "it has none: no gateway is among its links",
    "start a gateway, and name it with --bootstrap",
  );
}

function dialable({ mode, addresses, dialable: state, overlay }: NodeStatus): Finding {
  const places = addresses.map((address) => address.slice(address.indexOf("@") + 1)).join(" ");
  if (addresses.length === 0) {
    return ok(
      "dialable",
      "it listens nowhere: others reach it through its anchors, or through a NAT that both open",
    );
  }
  if (overlay === undefined)
    return ok("dialable", `it listens at ${places}; with static links nobody has tried it`);
  if (state === "proved") return ok("dialable", `others have dialled it; it listens at ${places}`);
  const [port] = places.split(" ")[0]?.split(":").slice(-1) ?? [];
  if (state === "unproved") {
    return warn(
      "dialable",
      "nobody has tried yet whether it can be dialled",
      "ask again once it has links",
    );
  }
  const says = `others could not dial it at UDP port ${port}`;
  const advice = `open UDP port ${port} in the firewall, or forward it in the router, to this machine`;
  return mode === "edge"
    ? warn("dialable", `${says}: it is reached through its anchors`, `${advice}; or do not listen`)
    : fail("dialable", `${says}: it is no more than an edge`, `${advice}; or run it as an edge`);
}

function clock({ clockOffset, bootstrap: entrances }: NodeStatus): Finding[] {
  const advice = "set the clock of this machine by NTP";
  const isRefused = entrances.some(({ lastError }) => lastError?.startsWith("bad_record"));
  if (clockOffset === undefined) {
    return isRefused
      ? [warn("clock", "signatures were refused: a clock may be wrong, here or there", advice)]
      : [];
  }
  const behind = clockOffset;
  const ahead = -clockOffset - SIGNED_AGO_MAX;
  const skew = Math.max(behind, ahead);
  if (skew < SKEW_TOLD)
    return [ok("clock", "it agrees with the neighbours' as far as can be told")];
  const says = `the clock is ${behind > 0 ? "behind" : "ahead of"} the neighbours' by ${Math.round(skew / 1_000)} s or more`;
  return [
    skew < SKEW_REFUSED / 2
      ? warn("clock", says, advice)
      : fail("clock", `${says}; beyond ${SKEW_REFUSED / 1_000} s signatures are refused`, advice),
  ];
}

function health({ health: { reasons } }: NodeStatus): Finding[] {
  const split = reasons.map((reason) => [reason.split(":", 1)[0] as string, reason] as const);
  return split
    .filter(([name]) => !TOLD_ELSEWHERE.has(name))
    .map(([name, reason]) =>
      fail(name, reason.slice(name.length + 2), HEALTH_ADVICE[name] ?? "see docs/operations.md"),
    );
}

const HEALTH_ADVICE: Readonly<Record<string, string>> = {
  identity: "stop the other process, or give this node a key file of its own with --identity",
  storage: "make room on the disk, or correct the rights of the state directory",
};

function bounds({ bounds: all }: NodeStatus): Finding[] {
  return Object.entries(all)
    .filter(([, { used, max }]) => max > 0 && used >= max * NEARLY_FULL)
    .map(([name, { used, max }]) =>
      warn(
        "bounds",
        `${name}: ${used} of ${max} are used`,
        "see its row under Bounds in docs/operations.md",
      ),
    );
}
