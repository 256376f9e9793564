import { idText } from "../../src/base/id.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeResult } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import type { RouteView } from "../../src/wire/route-frame.ts";
import type { Value } from "../../src/wire/value.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { RawPeer } from "../peer/raw-peer.ts";
import { FarEnd, viewOf } from "../seal/far-end.ts";
import { settled } from "./line.ts";

/** A node whose only link is a hop that the test plays; behind it the test plays the provider too. */
export async function hostileHop() {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 0, { mode: "edge", listen: true });
  const hop = await RawPeer.link(world, 1, 0);
  const provider = new FarEnd(world, 9);
  const call = (timeout = 5_000) =>
    settled(node.call("x", 1, { provider: idText(provider.id), timeout }));
  /** The calls and requests for a key that came to the hop. */
  const asked = (): RouteView[] =>
    hop.received
      .filter(({ type }) => type === TYPE.rpcRoute)
      .map(({ frame }) => viewOf(frame))
      .filter((view) => view.payloadType === TYPE.call);
  const last = () => asked().at(-1) as RouteView;
  return { world, node, hop, provider, call, asked, last };
}

/** What the provider answers to a call that came to the hop. */
export function replyTo(provider: FarEnd, view: RouteView, result: number): Uint8Array {
  const opened = provider.open(view.bytes);
  if (typeof opened === "string") throw new Error(`the call is ${opened}`);
  return provider.reply({ view, opened }, resultOf(view.messageId, result));
}

/** The payload of a reply to the call with this id. */
export function resultOf(callId: Uint8Array, result: Value): Uint8Array {
  const writer = new FrameWriter();
  writer.beginBare();
  writeResult(writer, callId, result);
  return writer.copy();
}
