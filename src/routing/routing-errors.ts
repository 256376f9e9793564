import { type ErrorCode, MeshError } from "../base/errors.ts";
import { type NodeId, shortId } from "../base/id.ts";
import type { Link } from "../peer/link.ts";

/** The link takes no more. */
export function full(link: Link): MeshError {
  if (link.ended) return new MeshError("link_lost", `the link to ${shortId(link.peer)} has ended`);
  return new MeshError("overloaded", `too much waits for the link to ${shortId(link.peer)}`);
}

export function crowded(): MeshError {
  return new MeshError("overloaded", "too many messages are under way");
}

/** It may go over a link to its destination alone. */
export function linkless(destination: NodeId): MeshError {
  return new MeshError("no_direct_link", `there is no link to node ${shortId(destination)}`);
}

/** The only way that was found is too long. */
export function tooFar(needed: number, maxHops: number): MeshError {
  return new MeshError(
    "max_hops_exceeded",
    `the destination is ${needed} forwarders away and the call may pass ${maxHops}; raise maxHops`,
  );
}

/** What a refusal by a hop means. */
export function explain(code: ErrorCode): string {
  if (code === "max_hops_exceeded") return "the message used up its hops";
  if (code === "overloaded") return "a forwarder has too much waiting";
  return "a forwarder found no way on";
}
