import { type NodeId, parseNodeId } from "../../src/base/id.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { RouteView } from "../../src/wire/route-frame.ts";
import { RawPeer } from "../peer/raw-peer.ts";

export interface Scene {
  readonly world: World;
  /** A gateway with the two peers linked to it. */
  readonly node: MeshNode;
  readonly self: NodeId;
  readonly left: RawPeer;
  readonly right: RawPeer;
}

export async function scene(): Promise<Scene> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const left = await RawPeer.link(world, 1, 0);
  const right = await RawPeer.link(world, 2, 0);
  left.received.length = 0;
  right.received.length = 0;
  return { world, node, self: parseNodeId(node.id), left, right };
}

/** The last route frame a peer got. */
export function routed(peer: RawPeer): RouteView {
  const last = peer.received.filter(({ type }) => type === TYPE.rpcRoute).at(-1);
  if (last === undefined) throw new Error("no route frame came");
  const view = new RouteView();
  view.read(last.frame, 0, last.frame.length);
  return view;
}
