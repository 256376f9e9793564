import { adviceFor } from "../failure.ts";
import { span } from "../show/span.ts";
import { counted, short } from "../show/table.ts";
import { type DoctorFacts, type Finding, fail, ok, type PeerFacts, warn } from "./facts.ts";

/** Why there is no direct link, as the node says it, and what can be done. The first that fits counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/symmetric/, "forward a UDP port to one of the two and let it listen there; no other way helps"],
  [
    /no packet got through/,
    "see whether a firewall drops UDP at one of the two; it is tried again by itself",
  ],
  [/not believed|no node known here/, "link both to a gateway in common; it may come with time"],
  [/this node opens none/, "start this node with --routing-strategy hybrid"],
  [
    /refused/,
    "start the peer with --routing-strategy hybrid; else it does not believe this node's addresses",
  ],
  [/overloaded|not answered the offer/, "ask again in a minute"],
  [
    /direct calls were answered/,
    "the direct path loses too much; it is tried again after five minutes",
  ],
];

/** What came of the two calls to one peer. Without a direct link all works: that is a warning at most. */
export function peerFindings({ peer, status }: DoctorFacts): Finding[] {
  return peer === undefined ? [] : [routed(peer), direct(peer, status.routing.seenAt)];
}

function routed({ node, routed: call }: PeerFacts): Finding {
  const name = short(node);
  if (call.isReached) {
    const way =
      call.forwarders === 0
        ? "over a link of its own"
        : `over ${counted(call.forwarders, "forwarder")}`;
    return ok("peer", `${name} answers ${way}, in ${span(call.elapsed)}`);
  }
  const error = call.error ?? "it did not answer";
  const advice =
    adviceFor(error.split(":", 1)[0] as string) ?? "see that it runs, and is in the same realm";
  return fail("peer", `${name} is not reached: ${error}`, advice);
}

function direct(
  { node, direct: link, routed: call }: PeerFacts,
  seenAt: readonly string[],
): Finding {
  const name = short(node);
  if (link.isReached) {
    return ok(
      "direct",
      `there is a direct link to ${name}${link.address === undefined ? "" : `, at ${link.address}`}`,
    );
  }
  const tried = seenAt.length === 0 ? "" : ` (tried from ${seenAt.join(" ")})`;
  const says = `no direct link to ${name}: ${link.reason}${tried}`;
  if (!call.isReached)
    return warn("direct", says, "the mesh has to reach it first: see what is said of peer");
  const [, advice = "calls go through the mesh; nothing has to be done"] =
    ADVICE.find(([pattern]) => pattern.test(link.reason)) ?? [];
  return warn("direct", says, advice);
}
