/** Sizes that writers and readers both refuse to exceed. Bytes unless the name says otherwise. */

/** Payload of a control frame: handshake, liveness, routing control, DHT. */
export const CONTROL_PAYLOAD_MAX: number = 64 << 10;

/** A call's arguments or a reply's result, encoded. */
export const BODY_MAX: number = 16 << 20;

/** Payload of a data frame (call, reply, cast, rpc_route): a body and what stands around it. */
export const DATA_PAYLOAD_MAX: number = BODY_MAX + 4_096;

/** A frame with more payload travels on a stream of its own, so that it never holds up small ones. */
export const INLINE_PAYLOAD_MAX: number = 64 << 10;

/** Containers within containers in one value. */
export const DEPTH_MAX = 16;

/** Bounds of one encoded value, checked before anything is decoded. */
export interface ScanLimits {
  /** Containers within containers. */
  readonly depth: number;
  /** Array elements and map entries, all containers together. */
  readonly elements: number;
  /** Containers, all together: each costs more memory than its one byte on the wire. */
  readonly containers: number;
  /** Bytes of one string or binary. */
  readonly string: number;
}

/** What a peer may put into a control message. */
export const CONTROL_SCAN: ScanLimits = {
  depth: DEPTH_MAX,
  elements: 4_096,
  containers: 1_024,
  string: CONTROL_PAYLOAD_MAX,
};

/** What a caller or provider may put into a value. */
export const VALUE_SCAN: ScanLimits = {
  depth: DEPTH_MAX,
  elements: 1 << 20,
  containers: 1 << 16,
  string: BODY_MAX,
};

/** Forwarding nodes a route frame may pass at most, whatever its sender wants. */
export const HOPS_LIMIT = 16;

/** Anchors a contact or a route frame names at most. */
export const ANCHORS_MAX = 4;

/** Characters of an error text on the wire; longer ones are cut. */
export const ERROR_TEXT_MAX = 1_024;
