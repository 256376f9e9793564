import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { ID_BYTES, type NodeId } from "../base/id.ts";
import { HEADER_BYTES, readUint16, writeHeader, writeUint16 } from "./frame.ts";
import { ANCHORS_MAX, HOPS_LIMIT } from "./limits.ts";
import type { FrameWriter } from "./writer.ts";

/*
 * A route frame behind its 8-byte header, s = slots, d and c = anchors of destination and source:
 *
 *   mutable      8  hop_count u8 · slots u8 · flags u8 · budget u8
 *               12  labels, s × u16
 *   immutable  12+2s  destination 32 · source 32 · message id 16
 *              92+2s  max_hops u8 · payload type u8 · d << 4 | c u8 · seal u8
 *              96+2s  anchor prefixes, (d + c) × 8
 *   body             the payload of a frame of that payload type, sealed as `seal` says
 *
 * Slot i belongs to the i-th forwarder. Before it, the slot holds the label of the link it shall use (0 where
 * it shall choose); behind it, the label of the link the frame came in on. One array serves both ways: a
 * hop reads its slot, overwrites it and passes the same bytes on.
 */

/** Bytes of a message id. */
export const MESSAGE_ID_BYTES = 16;

/** Where in a message id the number of the attempt stands. */
export const ATTEMPT_AT = 9;

/** Bytes of an anchor's id that travel: enough for the metric. */
export const ANCHOR_PREFIX_BYTES = 8;

/** The frame follows a learned route: its slots hold labels. */
export const FLAG_LABELLED = 0x01;

/** Every hop tells the source that the frame passed. */
export const FLAG_TRACED = 0x02;

/** The node it was sent to found no way on: it comes back to the node that sent it there. */
export const FLAG_RETURNED = 0x04;

/** A hop has taken it off its straight way; an answer to it says so too. */
export const FLAG_DEFLECTED = 0x08;

/** It is not worth a search: a hop that knows no nearer node refuses it. */
export const FLAG_PLAIN = 0x10;

/** How a body is sealed. */
export const SEAL = {
  /** As its sender encoded it: readable by hops. */
  none: 0,
  /** In a session that its body opens. */
  opening: 1,
  /** In a session that both ends know. */
  session: 2,
  /** There is no body: the sender has no key to seal with and asks for it. */
  asking: 3,
} as const;

const NO_ANCHORS: readonly Bytes[] = [];

const HOP_COUNT = HEADER_BYTES;
const SLOTS = HEADER_BYTES + 1;
const FLAGS = HEADER_BYTES + 2;
const BUDGET = HEADER_BYTES + 3;
const LABELS = HEADER_BYTES + 4;
const FIXED_BYTES = 2 * ID_BYTES + MESSAGE_ID_BYTES + 4;

/** What the source of a route frame decides. */
export interface RouteHeader {
  readonly destination: NodeId;
  readonly source: NodeId;
  readonly messageId: Bytes;
  /** Forwarders it may pass, 0 to 16. */
  readonly maxHops: number;
  readonly payloadType: number;
  /** One of `SEAL`; `none` where left out. */
  readonly seal?: number;
  /** Labels of a learned route, one a forwarder; `undefined` lets every hop choose. */
  readonly labels: readonly number[] | undefined;
  readonly traced: boolean;
  /** It was, or what it answers was, taken off its straight way. */
  readonly deflected?: boolean;
  /** Hops refuse it at a dead end. */
  readonly plain?: boolean;
  /** Transmissions left to a search; none is on when left out. */
  readonly budget?: number;
  readonly destinationAnchors: readonly Bytes[];
  readonly sourceAnchors: readonly Bytes[];
}

/** Writes the header fields; the body follows. Returns where the immutable ones begin. */
export function writeRouteHeader(writer: FrameWriter, header: RouteHeader): number {
  const slots = header.labels?.length ?? header.maxHops;
  writer.uint8(0);
  writer.uint8(slots);
  writer.uint8(flagsOf(header));
  writer.uint8(header.budget ?? 0);
  const labels = writer.reserve(slots * 2);
  for (let slot = 0; slot < slots; slot++) {
    writeUint16(writer.bytes, labels + slot * 2, header.labels?.[slot] ?? 0);
  }
  const immutable = writer.at;
  writer.raw(header.destination);
  writer.raw(header.source);
  writer.raw(header.messageId);
  writer.uint8(header.maxHops);
  writer.uint8(header.payloadType);
  writer.uint8((header.destinationAnchors.length << 4) | header.sourceAnchors.length);
  writer.uint8(header.seal ?? SEAL.none);
  for (const anchor of header.destinationAnchors)
    writer.raw(anchor.subarray(0, ANCHOR_PREFIX_BYTES));
  for (const anchor of header.sourceAnchors) writer.raw(anchor.subarray(0, ANCHOR_PREFIX_BYTES));
  return immutable;
}

function flagsOf(header: RouteHeader): number {
  return (
    (header.labels ? FLAG_LABELLED : 0) |
    (header.traced ? FLAG_TRACED : 0) |
    (header.deflected === true ? FLAG_DEFLECTED : 0) |
    (header.plain === true ? FLAG_PLAIN : 0)
  );
}

const NOTHING: Bytes = new Uint8Array(0);

/**
 * A route frame where it lies: reads fields and changes the mutable ones in place. Made once and pointed at
 * one frame after another, because a loaded hop sees a hundred thousand of them a second.
 */
export class RouteView {
  bytes: Bytes = NOTHING;
  start = 0;
  end = 0;
  #fixed = 0;

  /** Points at nothing: a view that outlives its frame keeps the whole of a driver's buffer. */
  release(): void {
    this.bytes = NOTHING;
  }

  /**
   * Points at the frame `bytes[start, end)` and checks its shape.
   *
   * @throws {MeshError} `bad_frame` where counts and length don't agree or hop_count is above a bound.
   */
  read(bytes: Bytes, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    if (end - start < LABELS + FIXED_BYTES) throw bad("it is cut short");
    const slots = bytes[start + SLOTS] as number;
    const hopCount = bytes[start + HOP_COUNT] as number;
    this.#fixed = start + LABELS + slots * 2;
    if (slots > HOPS_LIMIT || this.#fixed + FIXED_BYTES > end) throw bad(`it has ${slots} slots`);
    if (hopCount > this.maxHops || hopCount > slots) throw bad(`hop_count is ${hopCount}`);
    if (this.maxHops > HOPS_LIMIT) throw bad(`max_hops is ${this.maxHops}`);
    this.#checkLabels(slots);
    const anchors = bytes[this.#fixed + FIXED_BYTES - 2] as number;
    if (anchors >> 4 > ANCHORS_MAX || (anchors & 0x0f) > ANCHORS_MAX || this.bodyStart > end) {
      throw bad("its anchors are too many");
    }
    if (this.seal > SEAL.asking) throw bad("its seal is unknown");
  }

  /** Forwarders passed so far. */
  get hopCount(): number {
    return this.bytes[this.start + HOP_COUNT] as number;
  }

  get slots(): number {
    return this.bytes[this.start + SLOTS] as number;
  }

  get labelled(): boolean {
    return this.#has(FLAG_LABELLED);
  }

  get traced(): boolean {
    return this.#has(FLAG_TRACED);
  }

  get returned(): boolean {
    return this.#has(FLAG_RETURNED);
  }

  set returned(on: boolean) {
    this.#flag(FLAG_RETURNED, on);
  }

  get deflected(): boolean {
    return this.#has(FLAG_DEFLECTED);
  }

  get plain(): boolean {
    return this.#has(FLAG_PLAIN);
  }

  /** Transmissions left to a search; 0 where none is on. */
  get budget(): number {
    return this.bytes[this.start + BUDGET] as number;
  }

  /** Starts a search, or goes on with one, with so many transmissions left. */
  search(budget: number): void {
    this.bytes[this.start + BUDGET] = budget;
    this.#flag(FLAG_DEFLECTED, true);
  }

  /**
   * Takes the frame off its learned route: from here on every hop chooses. Where it has too few slots for that it is
   * copied, and this view then points at the copy.
   */
  unlabel(): void {
    const { slots, maxHops } = this;
    if (slots >= maxHops) {
      this.#flag(FLAG_LABELLED, false);
      return;
    }
    const wider = new Uint8Array(this.end - this.start + (maxHops - slots) * 2);
    const slotsEnd = LABELS + slots * 2;
    wider.set(this.bytes.subarray(this.start, this.start + slotsEnd));
    wider.set(this.bytes.subarray(this.start + slotsEnd, this.end), LABELS + maxHops * 2);
    wider[SLOTS] = maxHops;
    wider[FLAGS] = (wider[FLAGS] as number) & ~FLAG_LABELLED;
    writeHeader(wider, 0, wider[1] as number, wider.length - HEADER_BYTES);
    this.read(wider, 0, wider.length);
  }

  get maxHops(): number {
    return this.bytes[this.#fixed + FIXED_BYTES - 4] as number;
  }

  get payloadType(): number {
    return this.bytes[this.#fixed + FIXED_BYTES - 3] as number;
  }

  /** One of `SEAL`. */
  get seal(): number {
    return this.bytes[this.#fixed + FIXED_BYTES - 1] as number;
  }

  /** Where the 32 bytes of the destination stand in `bytes`; the immutable fields begin with them. */
  get destinationAt(): number {
    return this.#fixed;
  }

  /** Where the 32 bytes of the source stand in `bytes`. */
  get sourceAt(): number {
    return this.#fixed + ID_BYTES;
  }

  get bodyStart(): number {
    return this.#fixed + FIXED_BYTES + this.#anchorCount * ANCHOR_PREFIX_BYTES;
  }

  /** A copy. */
  get destination(): NodeId {
    return this.bytes.slice(this.#fixed, this.#fixed + ID_BYTES) as NodeId;
  }

  /** A copy. */
  get source(): NodeId {
    return this.bytes.slice(this.sourceAt, this.sourceAt + ID_BYTES) as NodeId;
  }

  /** Where the 16 bytes of the message id stand in `bytes`. */
  get messageIdAt(): number {
    return this.#fixed + 2 * ID_BYTES;
  }

  /** A copy. */
  get messageId(): Bytes {
    const at = this.messageIdAt;
    return this.bytes.slice(at, at + MESSAGE_ID_BYTES);
  }

  /** Which sending of its message it is, from 0 on. */
  get attempt(): number {
    return this.bytes[this.messageIdAt + ATTEMPT_AT] as number;
  }

  /** Copies of the destination's anchor prefixes, 8 bytes each. */
  get destinationAnchors(): readonly Bytes[] {
    const anchors = this.bytes[this.#fixed + FIXED_BYTES - 2] as number;
    return this.#anchors(0, anchors >> 4);
  }

  /** Copies of the source's anchor prefixes, 8 bytes each. */
  get sourceAnchors(): readonly Bytes[] {
    const anchors = this.bytes[this.#fixed + FIXED_BYTES - 2] as number;
    return this.#anchors(anchors >> 4, anchors & 0x0f);
  }

  /** The label in slot `slot`. */
  label(slot: number): number {
    return readUint16(this.bytes, this.start + LABELS + slot * 2);
  }

  /** This node passes the frame on: notes the link it came in on and counts the hop. */
  passOn(inLabel: number): void {
    const hop = this.hopCount;
    writeUint16(this.bytes, this.start + LABELS + hop * 2, inLabel);
    this.bytes[this.start + HOP_COUNT] = hop + 1;
  }

  /** Undoes `passOn`, but for the label that was overwritten. */
  takeBack(): void {
    this.bytes[this.start + HOP_COUNT] = this.hopCount - 1;
  }

  /** The labels that lead back to the source, in the order a frame to it needs them. */
  returnLabels(): number[] {
    const labels: number[] = [];
    for (let slot = this.hopCount - 1; slot >= 0; slot--) labels.push(this.label(slot));
    return labels;
  }

  #checkLabels(slots: number): void {
    // Every forwarder writes into its slot: one without would write over the destination.
    if (!this.labelled && slots < this.maxHops) throw bad(`it has ${slots} slots and no labels`);
    // Who leaves a learned route takes its flag off: a frame that comes back has none.
    if (this.labelled && this.returned) throw bad("it comes back along labels");
  }

  #has(flag: number): boolean {
    return ((this.bytes[this.start + FLAGS] as number) & flag) !== 0;
  }

  #flag(flag: number, on: boolean): void {
    const flags = this.bytes[this.start + FLAGS] as number;
    this.bytes[this.start + FLAGS] = on ? flags | flag : flags & ~flag;
  }

  get #anchorCount(): number {
    const anchors = this.bytes[this.#fixed + FIXED_BYTES - 2] as number;
    return (anchors >> 4) + (anchors & 0x0f);
  }

  #anchors(first: number, count: number): readonly Bytes[] {
    if (count === 0) return NO_ANCHORS;
    const at = this.#fixed + FIXED_BYTES + first * ANCHOR_PREFIX_BYTES;
    return Array.from({ length: count }, (_, index) => {
      const from = at + index * ANCHOR_PREFIX_BYTES;
      return this.bytes.slice(from, from + ANCHOR_PREFIX_BYTES);
    });
  }
}

function bad(what: string): MeshError {
  return new MeshError("bad_frame", `malformed route frame: ${what}`);
}
