import type { Bytes } from "../base/bytes.ts";
import { codeFromWire, ERROR_CODES, type ErrorCode } from "../base/errors.ts";
import { FieldReader } from "./reader.ts";
import type { FrameWriter } from "./writer.ts";

const PORT_MAX = 65_535;
const ADDRESS_BYTES_MAX = 64;

/** Asks a neighbour to dial the sender at the host its link comes from. There is no field for another host. */
export interface DialBackRequest {
  /** Comes back in the reply. */
  readonly number: number;
  /** 0 to 65535. */
  readonly port: number;
}

/** What came of it. */
export interface DialBackReply {
  readonly number: number;
  /** Why the sender was not reached, or not dialled at all; `undefined` where it was reached. */
  readonly code: ErrorCode | undefined;
  /** The address that the request meant, unverified text. */
  readonly address: string;
}

export function writeDialBack(writer: FrameWriter, request: DialBackRequest): void {
  writer.array(2);
  writer.uint(request.number);
  writer.uint(request.port);
}

/** Throws `bad_frame`. */
export function readDialBack(bytes: Bytes, start: number, end: number): DialBackRequest {
  const reader = new FieldReader(bytes, start, end);
  reader.array(2);
  const request = { number: reader.uint(), port: reader.uint(PORT_MAX) };
  reader.done();
  return request;
}

export function writeDialBackReply(writer: FrameWriter, reply: DialBackReply): void {
  writer.array(3);
  writer.uint(reply.number);
  writer.uint(reply.code === undefined ? 0 : ERROR_CODES[reply.code].wire);
  writer.str(reply.address);
}

/** Throws `bad_frame`. */
export function readDialBackReply(bytes: Bytes, start: number, end: number): DialBackReply {
  const reader = new FieldReader(bytes, start, end);
  reader.array(3);
  const number = reader.uint();
  const status = reader.uint(255);
  const address = reader.str(ADDRESS_BYTES_MAX);
  reader.done();
  return { number, code: status === 0 ? undefined : codeFromWire(status), address };
}
