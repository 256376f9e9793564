import type { NodeStatus } from "../../index.ts";

/** A file or directory that a node needs, and why it would not do. */
export interface PlaceFacts {
  readonly path: string;
  readonly problem: string | undefined;
}

/** What came of two calls to one node: one through the mesh, one over a direct link and no other way. */
export interface PeerFacts {
  /** Hexadecimal id. */
  readonly node: string;
  readonly routed: {
    readonly isReached: boolean;
    readonly forwarders: number;
    /** Milliseconds, there and back. */
    readonly elapsed: number;
    /** Code and text of the failure. */
    readonly error: string | undefined;
  };
  readonly direct: {
    readonly isReached: boolean;
    /** Where the peer is linked. */
    readonly address: string | undefined;
    /** What the node has learned of direct links to it. */
    readonly reason: string;
  };
}

/** All that a diagnosis rests on. */
export interface DoctorFacts {
  readonly status: NodeStatus;
  /** Whether the network lets UDP through, both ways; `unused` where the node has been told to do without. */
  readonly udp: NodeStatus["transport"]["udp"];
  /** IP addresses of this machine. */
  readonly hosts: readonly string[];
  readonly key: PlaceFacts | undefined;
  readonly state: PlaceFacts | undefined;
  readonly peer: PeerFacts | undefined;
}

/** `ok`: as it should be. `warn`: it works, but not as it could. `fail`: something does not work. */
export type Level = "ok" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  /** A stable name: what was looked at. */
  readonly topic: string;
  readonly level: Level;
  readonly says: string;
  /** What can be done. Always there unless the level is `ok`. */
  readonly advice: string | undefined;
}

/** As it should be; `advice` is what could make it better still. */
export function ok(topic: string, says: string, advice?: string): Finding {
  return { topic, level: "ok", says, advice };
}

export function warn(topic: string, says: string, advice: string): Finding {
  return { topic, level: "warn", says, advice };
}

export function fail(topic: string, says: string, advice: string): Finding {
  return { topic, level: "fail", says, advice };
}
