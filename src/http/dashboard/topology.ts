import type { Picture, PictureCall, PictureLink } from "../picture.ts";

/** How this node knows another one: by a link, from its contact table, or because a call of its own passed it. */
export type Standing = "self" | "linked" | "known" | "seen";

export interface Place {
  readonly id: string;
  readonly standing: Standing;
  /** Carries the calls of others; `undefined` where that is not known. */
  readonly transit: boolean | undefined;
  readonly anchor: boolean;
  readonly link: PictureLink | undefined;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** `seen`: a call has gone this way, between two others. */
  readonly kind: "overlay" | "shortcut" | "seen";
  readonly isTcp: boolean;
}

export interface Topology {
  readonly places: readonly Place[];
  readonly edges: readonly Edge[];
}

/** What is drawn of the mesh: all that this node knows, and nothing that it only could guess. */
export function topologyOf({ node, links, known, recent, anchors }: Picture): Topology {
  const places = new Map<string, Place>();
  const add = (place: Place): void => {
    if (!places.has(place.id)) places.set(place.id, place);
  };
  const unlinked = { anchor: false, link: undefined };
  add({ id: node.id, standing: "self", transit: anchors.length === 0, ...unlinked });
  for (const link of links.shown) {
    const { transit, anchor } = link;
    add({ id: link.node, standing: "linked", transit, anchor, link });
  }
  for (const { node: id, transit } of known.shown) {
    add({ id, standing: "known", transit, ...unlinked });
  }
  const edges = new Map<string, Edge>();
  for (const { node: to, shortcut, transport } of links.shown) {
    const kind = shortcut ? "shortcut" : "overlay";
    edges.set(keyOf(node.id, to), { from: node.id, to, kind, isTcp: transport === "tls" });
  }
  for (const [from, to] of recent.flatMap((call) => legsOf(node.id, call))) {
    add({ id: to, standing: "seen", transit: undefined, ...unlinked });
    const key = keyOf(from, to);
    if (from !== to && !edges.has(key)) edges.set(key, { from, to, kind: "seen", isTcp: false });
  }
  // A leg may begin where a link was that is gone by now.
  const isThere = ({ from, to }: Edge): boolean => places.has(from) && places.has(to);
  return { places: [...places.values()], edges: [...edges.values()].filter(isThere) };
}

/** The nodes that a call has passed, in the order of its way, its caller first. */
export function wayOf(self: string, { hops }: PictureCall): string[] {
  return [self, ...hops.map(({ node }) => node)];
}

function legsOf(self: string, call: PictureCall): [string, string][] {
  const way = wayOf(self, call);
  return way.slice(1).map((to, at) => [way[at] as string, to]);
}

function keyOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
