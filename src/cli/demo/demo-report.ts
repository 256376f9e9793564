import type { StationName } from "./topology.ts";

/** One station on the way of a call. */
export interface RouteStep {
  /** The node's id in hex. */
  readonly node: string;
  /** Its name in the demo. */
  readonly role: StationName;
  /** How it chose where the call went next. */
  readonly rule: string;
  /** Time of the hop to it, there and back, in milliseconds; 0 at the client. */
  readonly ms: number;
}

export type Links = Readonly<Record<StationName, number>>;

/** What `macula demo --json` prints. */
export interface DemoReport {
  /** Every answer was right, three nodes forwarded, and no process gained or lost a link. */
  readonly ok: boolean;
  readonly calls: number;
  readonly failures: number;
  /** Forwarding nodes a call passes. */
  readonly hops: number;
  /** Different nodes that forwarded. */
  readonly forwarders: number;
  readonly linksBefore: Links;
  readonly linksAfter: Links;
  /** From starting the client's process to its first answered call. */
  readonly coldStartMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly route: readonly RouteStep[];
}
