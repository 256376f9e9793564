import type { Bytes } from "../base/bytes.ts";
import type { NodeId } from "../base/id.ts";
import { INLINE_MAX } from "../peer/channel.ts";
import type { Link } from "../peer/link.ts";
import { TYPE } from "../wire/frame.ts";
import { ANCHORS_MAX } from "../wire/limits.ts";
import { SEAL, writeRouteHeader } from "../wire/route-frame.ts";
import { FrameWriter } from "../wire/writer.ts";
import { anchorsOf } from "./anchors.ts";
import { isNotice } from "./decide.ts";
import { MAX_HOPS_DEFAULT } from "./parcel.ts";
import type { RoutingContext } from "./routing-context.ts";
import { type BodySeal, writeSealed } from "./sealing.ts";

/** The link a message leaves over, and what its frame says of the way beyond. */
export interface Way {
  readonly link: Link;
  /** `undefined` where every hop chooses. */
  readonly labels: readonly number[] | undefined;
  /** Transmissions left to a search; set where it is off the straight way from the start. */
  readonly budget?: number;
}

/** A message as its frame tells of it. */
export interface Envelope {
  readonly destination: NodeId;
  readonly anchors: readonly Bytes[];
  readonly payloadType: number;
  /** A new one when left out. */
  readonly messageId?: Bytes;
  /** 10 when left out, or as many as there are labels. */
  readonly maxHops?: number;
  readonly traced?: boolean;
  readonly deflected?: boolean;
  readonly plain?: boolean;
}

/** Writes the frames of this node's own messages and sends them. */
export class Sender {
  readonly #context: RoutingContext;
  readonly #writer = new FrameWriter();
  /** Called whenever a route frame has left. */
  onSent: () => void = () => {};

  constructor(context: RoutingContext) {
    this.#context = context;
  }

  /** Sends a message to the peer itself. False where the link takes no more. Throws what `writeBody` throws. */
  direct(link: Link, payloadType: number, writeBody: (writer: FrameWriter) => void): boolean {
    this.#writer.begin();
    writeBody(this.#writer);
    this.#writer.finish(payloadType);
    return link.sendFrame(this.#writer);
  }

  /** Writes a message that can't be sent. Throws what `writeBody` throws. */
  unsent(writeBody: (writer: FrameWriter) => void): void {
    this.#writer.begin();
    writeBody(this.#writer);
  }

  /**
   * Sends a message in a route frame, sealed as `seal` says. False where the link takes no more. Throws what `writeBody`
   * throws.
   */
  routed(
    way: Way,
    envelope: Envelope,
    seal: Readonly<BodySeal>,
    writeBody: (writer: FrameWriter) => void,
  ): boolean {
    const { payloadType, messageId, maxHops } = envelope;
    this.#writer.begin();
    const headAt = writeRouteHeader(this.#writer, {
      destination: envelope.destination,
      source: this.#context.self,
      messageId: messageId ?? this.#context.ids.bytes(this.#context.ids.next()),
      maxHops: maxHops ?? Math.max(MAX_HOPS_DEFAULT, way.labels?.length ?? 0),
      payloadType,
      seal: seal.kind,
      labels: way.labels,
      traced: envelope.traced === true && seal.kind !== SEAL.asking,
      deflected: envelope.deflected === true || way.budget !== undefined,
      plain: envelope.plain === true || isNotice(payloadType),
      budget: way.budget ?? 0,
      destinationAnchors: envelope.anchors.slice(0, ANCHORS_MAX),
      sourceAnchors: way.labels ? [] : anchorsOf(this.#context, this.#context.table),
    });
    writeSealed(this.#writer, headAt, seal, writeBody);
    this.#writer.finish(TYPE.rpcRoute);
    return this.#leave(way.link, payloadType);
  }

  /** What the writer holds leaves over `link`, and is kept until it is known to have arrived. */
  #leave(link: Link, payloadType: number): boolean {
    const { at } = this.#writer;
    if (at > INLINE_MAX) return link.sendFrame(this.#writer);
    const now = this.#context.ports.clock.now();
    if (!link.sendRouted(this.#writer.bytes, 0, at, !isNotice(payloadType), now)) return false;
    this.onSent();
    return true;
  }
}
