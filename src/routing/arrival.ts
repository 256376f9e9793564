import type { Bytes } from "../base/bytes.ts";
import type { NodeId } from "../base/id.ts";
import type { Link } from "../peer/link.ts";
import type { Session } from "../seal/session.ts";
import { TYPE } from "../wire/frame.ts";
import type { RouteView } from "../wire/route-frame.ts";

/** How a message reached this node, and so the way back to who sent it. */
export interface Arrival {
  /** Over a link and in a session it is proven; else it is the frame's claim. */
  readonly source: NodeId;
  readonly link: Link;
  /** Labels for the forwarders on the way back; `undefined` where the source is linked to us itself. */
  readonly labels: readonly number[] | undefined;
  /** Prefixes of the source's anchors, for the case that the labels fail. */
  readonly anchors: readonly Bytes[];
  /** Forwarders passed. */
  readonly hops: number;
  /** It was taken off its straight way: a shorter one may be found. */
  readonly deflected: boolean;
  /** The 16 bytes that name the message, where they may name what is in it or tell it from others: for a call and a cast. */
  readonly messageId: Bytes | undefined;
  /** The session it was sealed in. */
  session: Session | undefined;
  /** The very same message was opened before: somebody has repeated it on its way. */
  isRepeated: boolean;
}

/** A message straight from the peer of `link`. */
export function directArrival(link: Link): Arrival {
  return {
    source: link.peer,
    link,
    labels: undefined,
    anchors: [],
    hops: 0,
    deflected: false,
    messageId: undefined,
    session: undefined,
    isRepeated: false,
  };
}

/** A route frame that ends here. To be taken before the frame is changed. */
export function routedArrival(link: Link, view: RouteView): Arrival {
  return {
    source: view.source,
    link,
    labels: view.returnLabels(),
    anchors: view.sourceAnchors,
    hops: view.hopCount,
    deflected: view.deflected,
    messageId: isNamed(view.payloadType) ? view.messageId : undefined,
    session: undefined,
    isRepeated: false,
  };
}

function isNamed(payloadType: number): boolean {
  return payloadType === TYPE.call || payloadType === TYPE.cast;
}
