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
  if (link === undefined && way !== undefined) facts.push(["NAT", natText(link, way.mapping)]);
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
    ["NAT", natText(link, link.mapping)],
    ["sent, received", `${bytes(link.bytesSent)}, ${bytes(link.bytesReceived)}`],
  ];
}

/** Of what a node has told of its NAT. */
const NATS = { stable: "stable NAT", varying: "symmetric NAT", unknown: undefined } as const;

/** How others get to a node: by its own contact where it is linked, and by what it told in a punch. */
export function natText(link: PictureLink | undefined, mapping: PictureLink["mapping"]): string {
  if (link?.dialable) return "open: can be dialled";
  return NATS[mapping] ?? (link === undefined ? "not known" : "closed: dials only");
}
