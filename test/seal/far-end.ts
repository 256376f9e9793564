import type { Bytes } from "../../src/base/bytes.ts";
import type { NodeId } from "../../src/base/id.ts";
import { signerFromSeed, verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { Sealer } from "../../src/seal/sealer.ts";
import type { Session } from "../../src/seal/session.ts";
import type { World } from "../../src/sim/world.ts";
import { readBoxKeyAnswer, writeBoxKeyAnswer } from "../../src/wire/box-key.ts";
import { HEADER_BYTES, TYPE } from "../../src/wire/frame.ts";
import { type RouteHeader, RouteView, SEAL } from "../../src/wire/route-frame.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { frameOf, type RawPeer, routeFrame } from "../peer/raw-peer.ts";

/** What was opened, apart from the frame it came in. */
export interface OpenedFrame {
  readonly session: Session;
  readonly body: Bytes;
  readonly isFresh: boolean;
}

/** A node that a test plays: it seals and opens route frames as a real one does. */
export class FarEnd {
  readonly id: NodeId;
  readonly sealer: Sealer;
  readonly #world: World;

  constructor(world: World, number: number, realm = "com.example.sim") {
    const signer = signerFromSeed(world.keySeed(number));
    const ports = world.ports(number);
    this.#world = world;
    this.id = signer.id;
    this.sealer = new Sealer({ self: signer.id, realm: realmId(realm), signer, verify, ports });
  }

  /** A message of this node to `destination`, whose box key it has to know. */
  frame(destination: NodeId, header: Partial<RouteHeader>, body: Bytes): Bytes {
    const session = this.sealer.begun.toward(destination, undefined, this.#world.clock.now());
    if (session === undefined) throw new Error("the box key is not known");
    const seal = session.opening ? SEAL.opening : SEAL.session;
    return this.frameIn(session, { source: this.id, destination, seal, ...header }, body, 10_000);
  }

  /** A frame with `body` sealed in `session`; good for ever where `life` is left out. */
  frameIn(session: Session, header: Partial<RouteHeader>, body: Bytes, life?: number): Bytes {
    const now = this.#world.clock.now();
    return frameOf(TYPE.rpcRoute, (writer) => {
      const outer = routeFrame(header);
      writer.raw(outer.subarray(HEADER_BYTES));
      const view = viewOf(outer);
      const textAt = session.begin(writer);
      writer.raw(body);
      session.finish(writer, view.destinationAt, textAt, now, life);
    });
  }

  /** The reply to what was opened, as this node would send it back. */
  reply(to: { readonly view: RouteView; readonly opened: OpenedFrame }, body: Bytes): Bytes {
    const { source, messageId } = to.view;
    const header = { source: this.id, destination: source, messageId, payloadType: TYPE.reply };
    const whole = { ...header, seal: SEAL.session, labels: [] };
    return this.frameIn(to.opened.session, whole, body);
  }

  /** Opens a frame that came for this node; the frame itself stays as it was. */
  open(frame: Bytes): OpenedFrame | "refused" | "forged" {
    const view = viewOf(frame.slice());
    const session = this.sealer.open(view, view.source, { take: () => true }, undefined);
    if (typeof session === "string") return session;
    const { start, end, isFresh } = session.text;
    return { session, body: view.bytes.slice(start, end), isFresh };
  }

  /** The frame in which this node tells its box key to the sender of `view`. */
  boxKeyFrame(view: RouteView): Bytes {
    const writer = new FrameWriter();
    writer.beginBare();
    writeBoxKeyAnswer(writer, this.sealer.answerTo(view));
    const header = { source: this.id, destination: view.source, payloadType: TYPE.boxKey };
    return routeFrame({ ...header, labels: [] }, writer.copy());
  }

  /** Asks `destination` for its box key over the link of `way`. */
  async learn(way: RawPeer, destination: NodeId): Promise<void> {
    await way.sendData(routeFrame({ source: this.id, destination, seal: SEAL.asking }));
    const told = way.received
      .map(({ frame }) => frame)
      .filter((frame) => typeOf(frame) === TYPE.boxKey);
    const view = viewOf(told.at(-1) as Bytes);
    const answer = readBoxKeyAnswer(view.bytes, view.bodyStart, view.end);
    if (!this.sealer.answered(destination, answer)) throw new Error("a forged box key");
  }
}

/** A view of a route frame. */
export function viewOf(frame: Bytes): RouteView {
  const view = new RouteView();
  view.read(frame, 0, frame.length);
  return view;
}

/** The payload type of a route frame; `undefined` for any other frame. */
function typeOf(frame: Bytes): number | undefined {
  return frame[1] === TYPE.rpcRoute ? viewOf(frame).payloadType : undefined;
}
