import type { Bytes } from "../base/bytes.ts";
import { codeFromWire, ERROR_CODES, type ErrorCode } from "../base/errors.ts";
import { FieldReader } from "./reader.ts";
import type { FrameWriter } from "./writer.ts";

/** Bytes that name a punch, and bytes of a secret that knocks show. */
export const PUNCH_ID_BYTES = 16;
export const SECRET_BYTES = 16;

/** Bytes of a signed observation at most. */
export const OBSERVATION_BYTES_MAX = 384;

/** Observations, and addresses of its own interfaces, that one end tells of itself. */
export const OBSERVATIONS_MAX = 4;
export const LOCALS_MAX = 4;

const ADDRESS_BYTES_MAX = 64;

/** What a node's links tell of its NAT: nothing, one address for all, or other ports for others. The index is the number on the wire. */
export const MAPPINGS = ["unknown", "stable", "varying"] as const;

export type Mapping = (typeof MAPPINGS)[number];

/** Where one end of a punch can be met, as it says. */
export interface PunchClaim {
  readonly mapping: Mapping;
  /** Addresses of its own interfaces, unverified text. */
  readonly locals: readonly string[];
  /** Where others see it, each in the words of who does, signed. */
  readonly observations: readonly Bytes[];
}

/** The initiator wants a link. */
export interface PunchOffer extends PunchClaim {
  readonly id: Bytes;
  /** What knocks to the initiator show. */
  readonly secret: Bytes;
}

/** The answerer is willing, or says why not. */
export interface PunchAnswer extends PunchOffer {
  /** `undefined` where it is willing. */
  readonly code: ErrorCode | undefined;
}

/** The initiator goes on: knock now. */
export interface PunchGo {
  readonly id: Bytes;
  /** The answerer's: so it is about the answer of this very time. */
  readonly secret: Bytes;
}

/** Asks the peer of a link where it sees the sender; the number comes back. */
export function writeObserve(writer: FrameWriter, number: number): void {
  writer.array(1);
  writer.uint(number);
}

/** Throws `bad_frame`. */
export function readObserve(bytes: Bytes, start: number, end: number): number {
  const reader = new FieldReader(bytes, start, end);
  reader.array(1);
  const number = reader.uint();
  reader.done();
  return number;
}

/** Where the peer of a link is seen, signed. */
export interface ObservationReply {
  readonly number: number;
  readonly statement: Bytes;
}

export function writeObservation(writer: FrameWriter, reply: ObservationReply): void {
  writer.array(2);
  writer.uint(reply.number);
  writer.bin(reply.statement);
}

/** Throws `bad_frame`. */
export function readObservation(bytes: Bytes, start: number, end: number): ObservationReply {
  const reader = new FieldReader(bytes, start, end);
  reader.array(2);
  const reply = { number: reader.uint(), statement: reader.bin(OBSERVATION_BYTES_MAX).slice() };
  reader.done();
  return reply;
}

export function writePunchOffer(writer: FrameWriter, offer: PunchOffer): void {
  writer.array(5);
  writer.bin(offer.id);
  writer.bin(offer.secret);
  writeClaim(writer, offer);
}

/** Throws `bad_frame`. */
export function readPunchOffer(bytes: Bytes, start: number, end: number): PunchOffer {
  const reader = new FieldReader(bytes, start, end);
  reader.array(5);
  const id = reader.fixed(PUNCH_ID_BYTES);
  const secret = reader.fixed(SECRET_BYTES);
  const offer = { id, secret, ...readClaim(reader) };
  reader.done();
  return offer;
}

export function writePunchAnswer(writer: FrameWriter, answer: PunchAnswer): void {
  writer.array(6);
  writer.bin(answer.id);
  writer.uint(answer.code === undefined ? 0 : ERROR_CODES[answer.code].wire);
  writer.bin(answer.secret);
  writeClaim(writer, answer);
}

/** Throws `bad_frame`. */
export function readPunchAnswer(bytes: Bytes, start: number, end: number): PunchAnswer {
  const reader = new FieldReader(bytes, start, end);
  reader.array(6);
  const id = reader.fixed(PUNCH_ID_BYTES);
  const status = reader.uint(255);
  const code = status === 0 ? undefined : codeFromWire(status);
  const answer = { id, code, secret: reader.fixed(SECRET_BYTES), ...readClaim(reader) };
  reader.done();
  return answer;
}

export function writePunchGo(writer: FrameWriter, go: PunchGo): void {
  writer.array(2);
  writer.bin(go.id);
  writer.bin(go.secret);
}

/** Throws `bad_frame`. */
export function readPunchGo(bytes: Bytes, start: number, end: number): PunchGo {
  const reader = new FieldReader(bytes, start, end);
  reader.array(2);
  const go = { id: reader.fixed(PUNCH_ID_BYTES), secret: reader.fixed(SECRET_BYTES) };
  reader.done();
  return go;
}

function writeClaim(writer: FrameWriter, claim: PunchClaim): void {
  writer.uint(MAPPINGS.indexOf(claim.mapping));
  writer.array(claim.locals.length);
  for (const address of claim.locals) writer.str(address);
  writer.array(claim.observations.length);
  for (const statement of claim.observations) writer.bin(statement);
}

function readClaim(reader: FieldReader): PunchClaim {
  const mapping = MAPPINGS[reader.uint(MAPPINGS.length - 1)] as Mapping;
  const locals = Array.from({ length: reader.array(0, LOCALS_MAX) }, () =>
    reader.str(ADDRESS_BYTES_MAX),
  );
  const observations = Array.from({ length: reader.array(0, OBSERVATIONS_MAX) }, () =>
    reader.bin(OBSERVATION_BYTES_MAX).slice(),
  );
  return { mapping, locals, observations };
}
