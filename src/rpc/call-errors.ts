import { MeshError } from "../base/errors.ts";
import { type NodeId, sameId, shortId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Asked } from "../dht/registry.ts";
import type { PendingCall } from "./pending-call.ts";

/** What a caller is told when its deadline has come: what is known of its last attempt, else `timeout`. */
export function outOfTime({ target, hint, lost, isUncertain, settings }: PendingCall): MeshError {
  const where = target ? `node ${shortId(target.id)} did not answer` : "no provider was found";
  const text = `${where} within ${settings.options.timeout} ms`;
  const cause = lost ?? (isUncertain ? undefined : hint);
  if (cause === undefined) return new MeshError("timeout", text);
  return new MeshError(cause.code, `${text}; ${cause.message}`, { cause });
}

/** Of an attempt that was not answered so many milliseconds after the start of its call. */
export function unanswered(elapsed: Millis): MeshError {
  return new MeshError("timeout", `there was no answer ${Math.round(elapsed)} ms after the start`);
}

/** Of a call that was under way over the link to `peer` when that was lost. */
export function lostLink(call: PendingCall, peer: NodeId): MeshError {
  const text = `the link to ${shortId(peer)} was lost while the call was under way; it may have been executed`;
  return new MeshError(sameId(peer, call.destination) ? "provider_gone" : "link_lost", text);
}

export function cancelled(): MeshError {
  return new MeshError("cancelled", "the caller has cancelled the call");
}

export function noProvider(
  procedure: string,
  asked: Asked | undefined,
  lastError?: MeshError,
): MeshError {
  const cause =
    asked === undefined || asked.asked === 0
      ? "there was no node to ask"
      : `${asked.asked} nodes were asked and ${asked.answered} answered`;
  const text = `no node that could be asked knows a provider of "${procedure}": ${cause}`;
  if (lastError === undefined) return new MeshError("no_provider", text);
  return new MeshError("no_provider", `${text}; the last one known: ${lastError.message}`, {
    cause: lastError,
  });
}
