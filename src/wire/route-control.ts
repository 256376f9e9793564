import type { Bytes } from "../base/bytes.ts";
import { codeFromWire, ERROR_CODES, type ErrorCode } from "../base/errors.ts";
import { ID_BYTES, type NodeId } from "../base/id.ts";
import { HOPS_LIMIT } from "./limits.ts";
import { FieldReader } from "./reader.ts";
import { MESSAGE_ID_BYTES } from "./route-frame.ts";
import type { FrameWriter } from "./writer.ts";

const SIGNATURE_BYTES = 64;

/** How a hop chose where a frame goes. The number on the wire is the index. */
export const RULES = ["greedy", "cached", "direct", "discovered", "deliver", "deflected"] as const;

export type Rule = (typeof RULES)[number];

/** A hop could not pass a frame on; travels back to its source in a route frame. A hint, not a proof. */
export interface RouteError {
  readonly messageId: Bytes;
  readonly code: ErrorCode;
  /** Forwarders the frame had passed. */
  readonly hop: number;
}

/** Who is asked for, how far to go, and the way so far: spreads from link to link. */
export interface RouteRequest {
  readonly requestId: Bytes;
  readonly source: NodeId;
  readonly target: NodeId;
  /** Forwarders it may still pass. */
  readonly hopsLeft: number;
  /** For each forwarder passed, the label of the link it came in on. */
  readonly labels: readonly number[];
}

/** The target's answer to a route request; the signature proves that the target was reached. */
export interface RouteReply {
  readonly requestId: Bytes;
  readonly signature: Bytes;
}

/** Route frames taken over a link since it began: their sender need not keep them any more. */
export function writeHopAccept(writer: FrameWriter, taken: number): void {
  writer.array(1);
  writer.uint(taken);
}

/** Throws `bad_frame`. */
export function readHopAccept(bytes: Bytes, start: number, end: number): number {
  const reader = new FieldReader(bytes, start, end);
  reader.array(1);
  const taken = reader.uint();
  reader.done();
  return taken;
}

/** A traced frame passed here. */
export interface HopReport {
  readonly messageId: Bytes;
  readonly hop: number;
  readonly rule: Rule;
}

export function writeRouteError(writer: FrameWriter, error: RouteError): void {
  writer.array(3);
  writer.bin(error.messageId);
  writer.uint(ERROR_CODES[error.code].wire);
  writer.uint(error.hop);
}

/** Throws `bad_frame`. */
export function readRouteError(bytes: Bytes, start: number, end: number): RouteError {
  const reader = new FieldReader(bytes, start, end);
  reader.array(3);
  const messageId = reader.fixed(MESSAGE_ID_BYTES);
  const code = codeFromWire(reader.uint(255));
  const hop = reader.uint(HOPS_LIMIT);
  reader.done();
  return { messageId, code, hop };
}

export function writeRouteRequest(writer: FrameWriter, request: RouteRequest): void {
  writer.array(5);
  writer.bin(request.requestId);
  writer.bin(request.source);
  writer.bin(request.target);
  writer.uint(request.hopsLeft);
  writer.array(request.labels.length);
  for (const label of request.labels) writer.uint(label);
}

/** Throws `bad_frame`. */
export function readRouteRequest(bytes: Bytes, start: number, end: number): RouteRequest {
  const reader = new FieldReader(bytes, start, end);
  reader.array(5);
  const requestId = reader.fixed(MESSAGE_ID_BYTES);
  const source = reader.fixed(ID_BYTES) as NodeId;
  const target = reader.fixed(ID_BYTES) as NodeId;
  const hopsLeft = reader.uint(HOPS_LIMIT);
  const count = reader.array(0, HOPS_LIMIT - hopsLeft);
  const labels = Array.from({ length: count }, () => reader.uint(0xffff));
  reader.done();
  return { requestId, source, target, hopsLeft, labels };
}

export function writeRouteReply(writer: FrameWriter, reply: RouteReply): void {
  writer.array(2);
  writer.bin(reply.requestId);
  writer.bin(reply.signature);
}

/** Throws `bad_frame`. */
export function readRouteReply(bytes: Bytes, start: number, end: number): RouteReply {
  const reader = new FieldReader(bytes, start, end);
  reader.array(2);
  const requestId = reader.fixed(MESSAGE_ID_BYTES);
  const signature = reader.fixed(SIGNATURE_BYTES);
  reader.done();
  return { requestId, signature };
}

export function writeHopReport(writer: FrameWriter, report: HopReport): void {
  writer.array(3);
  writer.bin(report.messageId);
  writer.uint(report.hop);
  writer.uint(RULES.indexOf(report.rule));
}

/** Throws `bad_frame`. */
export function readHopReport(bytes: Bytes, start: number, end: number): HopReport {
  const reader = new FieldReader(bytes, start, end);
  reader.array(3);
  const messageId = reader.fixed(MESSAGE_ID_BYTES);
  const hop = reader.uint(HOPS_LIMIT);
  const rule = RULES[reader.uint(RULES.length - 1)] as Rule;
  reader.done();
  return { messageId, hop, rule };
}
