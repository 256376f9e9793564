import type { Bytes } from "../base/bytes.ts";
import type { MeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { HopReport, Rule } from "../wire/route-control.ts";
import type { FrameWriter } from "../wire/writer.ts";

/** Forwarders a message may pass where nobody said otherwise. */
export const MAX_HOPS_DEFAULT = 10;

/** A message from this node to another, however it gets there. */
export interface Parcel {
  /** From `MessageIds`; names the parcel in route errors. */
  readonly number: number;
  /** The 16 bytes behind the number, where they are at hand. */
  readonly messageId?: Bytes;
  /** How often it was sent; the courier counts. */
  attempts: number;
  readonly destination: NodeId;
  /** Prefixes of the destination's anchors, as far as known. */
  readonly anchors: readonly Bytes[];
  /** The key to seal it to, where it is asked of a provider whose record is known. */
  readonly boxKey?: Bytes | undefined;
  readonly payloadType: number;
  /** Forwarders it may pass. */
  readonly maxHops: number;
  readonly traced: boolean;
  /** It goes over a link to its destination or not at all. */
  readonly isDirectOnly?: boolean;
  /** False where it is not worth a search for a way: its sender has others to ask. */
  readonly searches?: boolean;
  /** When nobody waits for it any more, on the monotonic clock. */
  readonly deadline: Millis;
  /**
   * Writes the payload; it may be asked for again after a failed attempt. `messageId` names the route frame that will
   * carry it.
   */
  writeBody(writer: FrameWriter, messageId?: Bytes): void;
  /** It left, over this link. Called again for each attempt. */
  sent(link: Link, rule: Rule): void;
  /**
   * It will not arrive. The courier has forgotten it. With `isHint` it is others who say so, and they may err or lie:
   * to send it anew may help.
   */
  failed(error: MeshError, isHint: boolean): void;
  /** Of that attempt it is known that nothing came of it, as others say; told once for each word of it. */
  undone?(attempt: number): void;
  /** An attempt has failed, and there may be another one. */
  refused?(error: MeshError): void;
  /** A traced parcel passed a node. */
  reported?(node: NodeId, report: HopReport): void;
}
