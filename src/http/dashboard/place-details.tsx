import type { Picture, PictureLink } from "../picture.ts";
import { age, bytes, span } from "./format.ts";

export interface PlaceDetailsProps {
  readonly picture: Picture;
  readonly selected: string | undefined;
  close(): void;
}

/** What is known of the node that was chosen. */
export function PlaceDetails({ picture, selected, close }: PlaceDetailsProps) {
  if (selected === undefined) return null;
  const facts = factsOf(picture, selected);
  return (
    <aside class="details" aria-label="The chosen node">
      <button type="button" class="plain close" aria-label="Close" onClick={close}>
        ×
      </button>
      <p class="id">{selected}</p>
      <dl>
        {facts.map(([name, value]) => (
          <div class="fact" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

function factsOf(picture: Picture, id: string): [string, string][] {
  const { node, links, known, routing } = picture;
  if (id === node.id) return ownFacts(picture);
  const link = links.shown.find((it) => it.node === id);
  const contact = known.shown.find((it) => it.node === id);
  const way = routing.destinations.find((it) => it.node === id);
  const facts: [string, string][] = link === undefined ? [] : linkFacts(link);
  if (contact !== undefined) {
    facts.push(["last heard", `${age(contact.heardAgo / 1_000)} ago`]);
    facts.push(["bucket", String(contact.bucket)]);
  }
  if (link === undefined && contact === undefined)
    facts.push(["known by", "a call that passed it"]);
  if (way !== undefined) facts.push(["calls go", `${WAYS[way.strategy]}: ${way.reason}`]);
  return facts;
}

function ownFacts({ node, anchors, reach }: Picture): [string, string][] {
  return [
    ["mode", node.mode],
    ["realm", node.realm],
    ["listens at", node.addresses.map((it) => it.split("@").at(-1)).join(", ") || "nowhere"],
    ["seen at", reach.seenAt.join(", ") || "not known yet"],
    ["anchors", anchors.length === 0 ? "none needed" : String(anchors.length)],
  ];
}

export const WAYS = {
  unknown: "as it comes",
  multi_hop: "through the mesh",
  direct: "directly",
} as const;

function linkFacts(link: PictureLink): [string, string][] {
  const kind = link.shortcut ? "direct, for calls" : "overlay";
  return [
    ["link", `${kind}, ${link.transport}, ${link.direction}`],
    ["address", link.address],
    ["round trip", span(link.roundTrip)],
    ["NAT", natText(link)],
    ["sent, received", `${bytes(link.bytesSent)}, ${bytes(link.bytesReceived)}`],
  ];
}

/** What a neighbour's own contact says of how others get to it. */
export function natText({ dialable }: PictureLink): string {
  return dialable ? "open: can be dialled" : "closed: dials only";
}
