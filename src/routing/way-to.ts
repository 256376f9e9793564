import type { Bytes } from "../base/bytes.ts";
import type { NodeId } from "../base/id.ts";
import { SEARCH_BUDGET } from "./deflector.ts";
import { findNextHop } from "./next-hop.ts";
import type { RoutingContext } from "./routing-context.ts";
import type { Way } from "./sender.ts";
import { bestUntried } from "./untried.ts";

/** The way to a node of which no route is known: the greedy step, else a detour over the best link. */
export function wayTo(
  context: RoutingContext,
  destination: NodeId,
  anchors: readonly Bytes[],
): Way | undefined {
  const { self, table } = context;
  const next = findNextHop(context, destination, anchors, table);
  if (next) return { link: next, labels: undefined };
  const quest = { destination, anchors, source: self, tried: [], isLastHop: false };
  const other = bestUntried(quest, table);
  return other && { link: other, labels: undefined, budget: SEARCH_BUDGET };
}
