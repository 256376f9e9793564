import type { NodeId } from "../../src/base/id.ts";
import type { Neighbours } from "../../src/routing/decide.ts";
import type { Neighbour } from "../../src/routing/next-hop.ts";

export interface FakeLink extends Neighbour {
  readonly label: number;
}

export function link(peer: NodeId, label = 1, transit = true): FakeLink {
  return { peer, label, contact: { transit } };
}

/** Links as routing sees them. */
export function linksOf(...links: readonly FakeLink[]): Neighbours<FakeLink> {
  return {
    labelled: (label) => links.find((it) => it.label === label),
    [Symbol.iterator]: () => links[Symbol.iterator](),
  };
}
