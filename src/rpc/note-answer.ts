import type { Millis } from "../base/ports.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { PendingCall } from "./pending-call.ts";
import type { Ways } from "./ways.ts";

/**
 * Tells `ways` of a call that was answered; of calls over a shortcut together, for those are many. Of one that was sent again
 * nobody knows which way was answered.
 */
export function noteAnswer(
  ways: Ways,
  { target, repetitions, askedAt, settings }: PendingCall,
  { link: via, labels }: Arrival,
  now: Millis,
): void {
  if (ways.strategy === "multi_hop_only") return; // It learns nothing, and calls are many.
  const isDirect = labels === undefined;
  if (target === undefined || repetitions > 0 || (isDirect && !via.isShortcut)) return;
  const mayOpen = settings.options.routingStrategy === "hybrid";
  const call = { provider: target, via, isDirect, mayOpen };
  if (!isDirect) ways.answered({ ...call, calls: 1, latency: now - askedAt });
  else if (via.tally.add(now - askedAt, now)) {
    const { calls, latency } = via.tally;
    ways.answered({ ...call, calls, latency });
    via.tally.noted(now);
  }
}
