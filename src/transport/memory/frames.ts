import type { Bytes } from "../../base/bytes.ts";
import type { NodeId } from "../../base/id.ts";
import type { Millis } from "../../base/ports.ts";

/** What one end tells the other about its limits while shaking hands. */
export interface Parameters {
  readonly idleTimeout: Millis;
  readonly streamsMax: number;
  readonly streamWindow: number;
  readonly connectionWindow: number;
}

/** Who an end says it is: the certificate, and the id whose key has signed the handshake. */
export interface Proof {
  readonly certificate: Bytes;
  readonly holder: NodeId;
}

/** Bytes of a stream from `offset` on. */
export interface DataFrame {
  readonly kind: "data";
  readonly stream: number;
  readonly offset: number;
  readonly bytes: Bytes;
  /** Nothing follows. */
  readonly end: boolean;
}

/** Sending was given up after `size` bytes. */
export interface ResetFrame {
  readonly kind: "reset";
  readonly stream: number;
  readonly code: number;
  readonly size: number;
}

/** What the ends of a connection say to each other. Limits are totals since the beginning. */
export type Frame =
  | { readonly kind: "hello"; readonly parameters: Parameters }
  | { readonly kind: "welcome"; readonly parameters: Parameters; readonly proof: Proof }
  | { readonly kind: "finish"; readonly proof: Proof }
  | DataFrame
  | ResetFrame
  | { readonly kind: "stop"; readonly stream: number; readonly code: number }
  | { readonly kind: "stream_credit"; readonly stream: number; readonly limit: number }
  | { readonly kind: "connection_credit"; readonly limit: number }
  | { readonly kind: "streams_credit"; readonly limit: number }
  | { readonly kind: "ping" }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

const NOTHING: Bytes = new Uint8Array(0);

/** What of a frame an observer sees. */
export function frameBytes(frame: Frame): Bytes {
  return frame.kind === "data" ? frame.bytes : NOTHING;
}
