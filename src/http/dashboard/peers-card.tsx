import type { Picture, PictureLink } from "../picture.ts";
import { bytes, short, span } from "./format.ts";
import type { Rates } from "./history.ts";
import { natText, WAYS } from "./place-details.tsx";

type Destination = Picture["routing"]["destinations"][number];

interface Peer {
  readonly node: string;
  readonly link: PictureLink | undefined;
  readonly way: Destination | undefined;
}

export interface PeersCardProps {
  readonly picture: Picture;
  readonly rates: Rates | undefined;
  readonly selected: string | undefined;
  select(id: string): void;
}

/** Everybody it is linked to or calls, and how calls get there. */
export function PeersCard({ picture, rates, selected, select }: PeersCardProps) {
  const peers = peersOf(picture);
  return (
    <section class="card peers" aria-labelledby="peers-title">
      <header>
        <h2 id="peers-title">Peers</h2>
        <p class="quiet">whom it is linked to, and whom it calls</p>
      </header>
      {peers.length === 0 ? <p class="empty">Nobody yet.</p> : null}
      <ul>
        <li class="head" aria-hidden="true">
          <span>node</span>
          <span>role</span>
          <span>NAT</span>
          <span>calls go</span>
          <span class="time">round trip</span>
          <span class="rate">traffic</span>
        </li>
        {peers.map(({ node, link, way }) => (
          <li key={node} data-peer={node} class={node === selected ? "selected" : ""}>
            <button type="button" class="plain name" title={node} onClick={() => select(node)}>
              {short(node)}
            </button>
            <span class="tags">
              {tagsOf(link).map((tag) => (
                <span key={tag} class={`tag ${tag}`}>
                  {tag}
                </span>
              ))}
            </span>
            <span class="nat">{natText(link, link?.mapping ?? way?.mapping ?? "unknown")}</span>
            <span class="way" title={way?.reason}>
              {wayText(link, way)}
            </span>
            <span class="time">{link === undefined ? wayTime(way) : span(link.roundTrip)}</span>
            <span class="rate">
              {link === undefined ? "" : `${bytes(rates?.links.get(node) ?? 0)}/s`}
            </span>
          </li>
        ))}
      </ul>
      {picture.links.more > 0 ? <p class="quiet">and {picture.links.more} more links</p> : null}
    </section>
  );
}

function peersOf({ links, routing }: Picture): Peer[] {
  const ways = new Map(routing.destinations.map((it) => [it.node, it]));
  const linked = links.shown.map((link) => ({ node: link.node, link, way: ways.get(link.node) }));
  const isLinked = new Set(linked.map(({ node }) => node));
  const others = routing.destinations
    .filter(({ node }) => !isLinked.has(node))
    .map((way) => ({ node: way.node, link: undefined, way }));
  return [...linked, ...others];
}

/** Calls to a neighbour need nobody between; nothing is learned of the ways to it but where there are others. */
function wayText(link: PictureLink | undefined, way: Destination | undefined): string {
  const isOpen = way === undefined || way.strategy === "unknown";
  return isOpen && link !== undefined ? WAYS.direct : WAYS[way?.strategy ?? "unknown"];
}

function tagsOf(link: PictureLink | undefined): string[] {
  if (link === undefined) return ["routed"];
  return [
    link.anchor ? "anchor" : link.transit ? "gateway" : "edge",
    ...(link.shortcut ? ["direct"] : []),
    link.transport,
  ];
}

function wayTime(way: Destination | undefined): string {
  return span(way?.direct ?? way?.multiHop);
}
