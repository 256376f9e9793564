import type {
  CallReport,
  ContactStatus,
  LinkStatus,
  MeshNode,
  NodeStatus,
  RoutingStatus,
} from "../index.ts";
import type { PastCall, RecentCalls } from "./recent-calls.ts";
import { type HealthView, healthView } from "./views.ts";

/** What a picture shows of each kind at most, so that it stays small in a large mesh; the rest is counted. */
export const SHOWN_MAX = { links: 128, known: 96, calls: 32, names: 64 } as const;

/** UTF-16 units of a text that others have chosen. */
const TEXT_MAX = 300;

/** A part of a longer list. */
export interface Some<T> {
  readonly shown: readonly T[];
  /** How many are not shown. */
  readonly more: number;
}

/** A neighbour. */
export interface PictureLink
  extends Pick<
    LinkStatus,
    | "node"
    | "transport"
    | "address"
    | "direction"
    | "transit"
    | "shortcut"
    | "mapping"
    | "framesSent"
    | "framesReceived"
    | "bytesSent"
    | "bytesReceived"
  > {
  readonly anchor: boolean;
  /** Whether it says that it can be dialled. One that can't is behind a NAT or a firewall, or listens nowhere. */
  readonly dialable: boolean;
  /** Milliseconds; `undefined` where it was not measured yet. */
  readonly roundTrip?: number | undefined;
}

/** A node of the contact table that is not linked. */
export type PictureContact = Pick<ContactStatus, "node" | "bucket" | "transit" | "heardAgo">;

/** A call of this node to another one. */
export interface PictureCall
  extends Pick<
    CallReport,
    "procedure" | "provider" | "strategy" | "hops" | "forwarders" | "elapsed"
  > {
  /** Of this call alone, as long as the listener is open. */
  readonly number: number;
  /** Unix milliseconds. */
  readonly endedAt: number;
  readonly attempts: number;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

/** One bucket of the contact table. */
export interface PictureBucket {
  readonly bucket: number;
  readonly contacts: number;
  readonly linked: number;
}

/** All that the dashboard shows, in one answer. Of texts that others have chosen it has the beginning. */
export interface Picture {
  /** Unix milliseconds. */
  readonly at: number;
  readonly node: Pick<NodeStatus, "id" | "realm" | "mode" | "addresses">;
  readonly health: HealthView;
  readonly links: Some<PictureLink>;
  readonly known: Some<PictureContact>;
  readonly anchors: readonly string[];
  readonly overlay: NodeStatus["overlay"];
  readonly bootstrap: Some<NodeStatus["bootstrap"][number]>;
  /** What stands between this node and the others. */
  readonly reach: {
    readonly dialable: NodeStatus["dialable"];
    readonly udp: NodeStatus["transport"]["udp"];
    readonly mapping: RoutingStatus["mapping"];
    readonly seenAt: readonly string[];
  };
  readonly routing: Pick<RoutingStatus, "strategy" | "gain" | "destinations">;
  readonly dht: {
    readonly sizeEstimate: number;
    readonly records: NodeStatus["records"];
    readonly recordsMax: number;
    readonly buckets: readonly PictureBucket[];
    readonly registrations: Some<NodeStatus["registrations"][number]>;
  };
  readonly calls: NodeStatus["calls"];
  /** The latest first. */
  readonly recent: readonly PictureCall[];
  /** Frames that it passed on for others, since its start. */
  readonly framesForwarded: number;
}

/** What there is to see of a node now. */
export function pictureOf(node: MeshNode, past: RecentCalls): Picture {
  const status = node.status();
  const { id, realm, mode, addresses, anchors, overlay, calls, contacts } = status;
  const { mapping, seenAt, strategy, gain, destinations } = status.routing;
  const isAnchor = new Set(anchors);
  const neighbours = status.links.map((link) => pictureLink(link, isAnchor.has(link.node)));
  const unlinked = contacts.filter(({ linked }) => !linked).map(pictureContact);
  return short({
    at: Date.now(),
    node: { id, realm, mode, addresses },
    health: healthView(node),
    links: some(neighbours.sort(byWorth), SHOWN_MAX.links),
    known: some(unlinked, SHOWN_MAX.known),
    anchors,
    overlay,
    bootstrap: some(status.bootstrap, SHOWN_MAX.names),
    reach: {
      dialable: status.dialable,
      udp: status.transport.udp,
      mapping,
      seenAt: seenAt.slice(0, SHOWN_MAX.names),
    },
    routing: { strategy, gain, destinations },
    dht: {
      sizeEstimate: status.sizeEstimate,
      records: status.records,
      recordsMax: status.bounds.records?.max ?? 0,
      buckets: bucketsOf(contacts),
      registrations: some(status.registrations, SHOWN_MAX.names),
    },
    calls,
    recent: past.latest.slice(0, SHOWN_MAX.calls).map(pictureCall),
    framesForwarded: status.counters.frames_forwarded ?? 0,
  });
}

/** Of too many neighbours those are shown that matter most: anchors, then whoever carries transit. */
function byWorth(one: PictureLink, other: PictureLink): number {
  return (
    Number(other.anchor) - Number(one.anchor) ||
    Number(other.transit) - Number(one.transit) ||
    (one.node < other.node ? -1 : 1)
  );
}

function pictureLink(link: LinkStatus, anchor: boolean): PictureLink {
  const { node, transport, address, direction, transit, shortcut, roundTrip } = link;
  const { mapping, framesSent, framesReceived, bytesSent, bytesReceived } = link;
  return {
    node,
    transport,
    address,
    direction,
    transit,
    shortcut,
    anchor,
    dialable: link.addresses.length > 0,
    mapping,
    roundTrip,
    framesSent,
    framesReceived,
    bytesSent,
    bytesReceived,
  };
}

function pictureContact({ node, bucket, transit, heardAgo }: ContactStatus): PictureContact {
  return { node, bucket, transit, heardAgo };
}

function pictureCall({ number, endedAt, report }: PastCall): PictureCall {
  const { procedure, provider, strategy, hops, forwarders, elapsed, attempts, error } = report;
  return {
    number,
    endedAt,
    procedure,
    provider,
    strategy,
    hops,
    forwarders,
    elapsed,
    attempts: attempts.length,
    error: error && { code: error.code, message: error.message },
  };
}

/** Nearest bucket last; empty ones between are left out. */
function bucketsOf(contacts: readonly ContactStatus[]): PictureBucket[] {
  const buckets = new Map<number, { contacts: number; linked: number }>();
  for (const { bucket, linked } of contacts) {
    const counts = buckets.get(bucket) ?? { contacts: 0, linked: 0 };
    counts.contacts += 1;
    counts.linked += Number(linked);
    buckets.set(bucket, counts);
  }
  return [...buckets]
    .map(([bucket, counts]) => ({ bucket, ...counts }))
    .sort((one, other) => one.bucket - other.bucket);
}

function some<T>(all: readonly T[], max: number): Some<T> {
  return { shown: all.slice(0, max), more: Math.max(0, all.length - max) };
}

/** The same with the beginning of each text that is too long. */
function short<T>(value: T): T {
  if (typeof value === "string" && value.length > TEXT_MAX) {
    return `${value.slice(0, TEXT_MAX - 1)}…` as T;
  }
  if (Array.isArray(value)) return value.map(short) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, short(part)])) as T;
}
