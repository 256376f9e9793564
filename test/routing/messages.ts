import type { NodeId } from "../../src/base/id.ts";
import type { Parcel } from "../../src/routing/parcel.ts";
import type { RoutingContext } from "../../src/routing/routing-context.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { RouteView } from "../../src/wire/route-frame.ts";
import type { RawPeer } from "../peer/raw-peer.ts";

/** Route frames with a call that came to a peer. */
export function calls(peer: RawPeer): RouteView[] {
  return peer.received
    .filter(({ type }) => type === TYPE.rpcRoute)
    .map(({ frame }) => {
      const view = new RouteView();
      view.read(frame, 0, frame.length);
      return view;
    })
    .filter((view) => view.payloadType === TYPE.call);
}

/** A call of `target` that searches no way. */
export function parcel(
  { ids, ports }: RoutingContext,
  target: NodeId,
  changed: Partial<Parcel> = {},
): Parcel {
  const number = ids.next();
  return {
    number,
    attempts: 0,
    destination: target,
    anchors: [],
    payloadType: TYPE.call,
    maxHops: 10,
    traced: false,
    searches: false,
    deadline: ports.clock.now() + 60_000,
    writeBody: (writer) => writer.array(0),
    sent: () => {},
    failed: () => {},
    ...changed,
  };
}
