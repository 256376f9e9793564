import type { Millis } from "../base/ports.ts";
import type { Gain, RoutingStrategy, StrategyState } from "../routing/strategy.ts";
import type { CallsStatus } from "../rpc/call-tally.ts";
import type { TransportState } from "../transport/transport.ts";
import type { Mapping } from "../wire/punch.ts";
import type { Mode } from "./modes.ts";

export interface LinkStatus {
  readonly node: string;
  /** What carries it: `quic`, or `tls` over TCP. */
  readonly transport: string;
  /** Where the peer is seen. Of a link over TCP that was accepted, not where that peer can be dialled. */
  readonly address: string;
  readonly direction: "dialled" | "accepted";
  /** Where its signed contact says that it can be dialled; empty for one that dials only, as behind most NATs. */
  readonly addresses: readonly string[];
  /** The NAT before it, as it told in the last punch with it. */
  readonly mapping: Mapping;
  /** The address the peer says it sees this node at. */
  readonly observedAs: string;
  readonly transit: boolean;
  /** It was opened beside the overlay, because calls go over it. */
  readonly shortcut: boolean;
  readonly roundTrip: Millis | undefined;
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly buffered: number;
}

/** A node that has a place in the contact table: it serves, and it has proved to this node that it is there. */
export interface ContactStatus {
  readonly node: string;
  /** The bucket it stands in: the leading bits that its id and this node's have in common. */
  readonly bucket: number;
  readonly addresses: readonly string[];
  /** Carries the calls of others. */
  readonly transit: boolean;
  /** Milliseconds since it last proved that it is there. */
  readonly heardAgo: Millis;
  readonly linked: boolean;
  /** This node is reached through it. */
  readonly anchor: boolean;
}

/** Where a node with `links: "auto"` stands in the mesh. */
export interface OverlayStatus {
  /** It has looked around and holds links that it wants. */
  readonly joined: boolean;
  /** Links it wants, how many of those there are, and how many are being dialled. */
  readonly wanted: number;
  readonly held: number;
  readonly dialling: number;
  /** Nodes that went without a word and are looked for. */
  readonly lost: number;
}

/** What this node has learned of the ways to one node that it calls. */
export interface DestinationStatus extends StrategyState {
  readonly node: string;
  /** The NAT before it, as it told in the last punch with it; `unknown` where there was none of late, or it did not know. */
  readonly mapping: Mapping;
}

/** Which ways calls take. */
export interface RoutingStatus {
  readonly strategy: RoutingStrategy;
  /**
   * What its links tell of the NAT before this node: `stable` where two see the same address, `varying` where they see
   * other ports (a symmetric NAT), `unknown` where too few were asked lately.
   */
  readonly mapping: Mapping;
  /** Where they see it, as far as they were asked within half a minute. */
  readonly seenAt: readonly string[];
  /** What direct links that it has opened were good for since the start. */
  readonly gain: Gain;
  /** The 64 called last. */
  readonly destinations: readonly DestinationStatus[];
}

/** The records this node holds for the mesh. `bounds.records` has how many may be held. */
export interface RecordsStatus {
  readonly held: number;
  /** Keys they lie at, and nodes that signed them. */
  readonly keys: number;
  readonly owners: number;
}

export interface RegistrationStatus {
  readonly procedure: string;
  /** Nodes that confirmed to hold its record, at the last publication. */
  readonly copies: number;
}

export interface BootstrapStatus {
  readonly target: string;
  readonly connected: boolean;
  readonly failures: number;
  /** Code and text of the last failure, until an attempt succeeds. */
  readonly lastError: string | undefined;
}

/** One driver: what it is, and where it takes arrivals. */
export interface DriverStatus {
  readonly kind: string;
  readonly connections: number;
  /** `ip:port`; `undefined` where it takes none. */
  readonly address: string | undefined;
  /** Why it takes none though it should. */
  readonly problem: string | undefined;
}

/** What carries the links of a node. */
export interface TransportStatus {
  readonly drivers: readonly DriverStatus[];
  /**
   * Whether UDP gets through: `blocked` where two hosts were silent over it and answered over TCP, and no link over UDP is left;
   * `unknown` before anything got through; `unused` with `transports: "tls"`.
   */
  readonly udp: TransportState["datagrams"];
}

/** What lets this node into a closed realm. */
export interface MembershipStatus {
  /** `expiring` where less than a week is left, or less than a quarter of its life. */
  readonly state: "valid" | "expiring" | "expired";
  /** Modes that the token allows. */
  readonly roles: readonly string[];
  /** Unix milliseconds. */
  readonly expires: number;
}

/** Everything that is bounded or alive, as a plain object. */
export interface NodeStatus {
  readonly id: string;
  readonly realm: string;
  readonly mode: Mode;
  readonly addresses: readonly string[];
  readonly transport: TransportStatus;
  readonly ready: boolean;
  /**
   * Whether neighbours that were asked to dial this node have reached it. With `links: "auto"` it carries transit,
   * holds records and names its addresses only where that is `proved`. `unproved` where nobody has tried.
   */
  readonly dialable: "proved" | "unproved" | "failed";
  /** `degraded` where something it is meant to do does not work; `reasons` say what. */
  readonly health: { readonly state: "healthy" | "degraded"; readonly reasons: readonly string[] };
  /** `undefined` in an open realm. */
  readonly membership: MembershipStatus | undefined;
  /** Milliseconds. */
  readonly uptime: Millis;
  /**
   * Milliseconds by which the latest word of its neighbours, by their own clocks, is ahead of this node's clock, in the middle
   * of all. Above 0 this clock is behind by as much or more; with right clocks it is between 0 and -660,000, because contacts
   * are signed every ten minutes. `undefined` without links.
   */
  readonly clockOffset: Millis | undefined;
  readonly links: readonly LinkStatus[];
  /** Ids of the nodes this one is reached through; empty where it carries transit itself. */
  readonly anchors: readonly string[];
  /** `undefined` with static links. */
  readonly overlay: OverlayStatus | undefined;
  readonly routing: RoutingStatus;
  readonly bootstrap: readonly BootstrapStatus[];
  /** The contact table, farthest bucket first. */
  readonly contacts: readonly ContactStatus[];
  /** Nodes of the mesh that hold records, as far as the nearest ones tell: a guess, good to a third or so. */
  readonly sizeEstimate: number;
  readonly records: RecordsStatus;
  readonly procedures: readonly string[];
  readonly registrations: readonly RegistrationStatus[];
  /** How its calls to other nodes ended. */
  readonly calls: CallsStatus;
  /** What is held now and what it is held by: `{ used, max }` for every bounded container. */
  readonly bounds: Readonly<Record<string, { readonly used: number; readonly max: number }>>;
  /** Counts since the start. */
  readonly counters: Readonly<Record<string, number>>;
}
