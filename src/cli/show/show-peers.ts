import type { ContactStatus, LinkStatus, NodeStatus } from "../../index.ts";
import { bold } from "../help.ts";
import { span } from "./span.ts";
import { counted, short, table } from "./table.ts";

/** What `macula peers` tells of a status. */
export type PeersOf = Pick<NodeStatus, "id" | "anchors" | "links" | "contacts">;

/** Links and contact table of a node for people. */
export function showPeers({ id, anchors, links, contacts }: PeersOf): string {
  const linkHead = ["node", "over", "address", "direction", "round trip", "sent", "received", ""];
  const contactHead = ["bucket", "node", "address", "last heard", ""];
  return [
    `${bold(counted(links.length, "link"))} of ${short(id)}`,
    ...(links.length === 0 ? [] : [table(links.map(linkRow(anchors)), linkHead)]),
    "",
    `${bold(counted(contacts.length, "contact"))} in the table; a higher bucket is nearer to this node`,
    ...(contacts.length === 0 ? [] : [table(contacts.map(contactRow), contactHead)]),
  ].join("\n");
}

function linkRow(anchors: readonly string[]): (link: LinkStatus) => (string | number)[] {
  return ({
    node,
    transport,
    address,
    direction,
    roundTrip,
    framesSent,
    framesReceived,
    ...link
  }) => [
    short(node),
    transport,
    address,
    direction,
    roundTrip === undefined ? "" : span(roundTrip),
    framesSent,
    framesReceived,
    marks(
      [link.transit, "transit"],
      [anchors.includes(node), "anchor"],
      [link.shortcut, "shortcut"],
    ),
  ];
}

function contactRow(contact: ContactStatus): (string | number)[] {
  const { node, bucket, addresses, transit, heardAgo, linked, anchor } = contact;
  return [
    bucket,
    short(node),
    addresses.join(" "),
    `${span(heardAgo)} ago`,
    marks([transit, "transit"], [linked, "linked"], [anchor, "anchor"]),
  ];
}

function marks(...of: readonly (readonly [boolean, string])[]): string {
  return of
    .filter(([is]) => is)
    .map(([, name]) => name)
    .join(", ");
}
