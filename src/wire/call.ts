import type { Bytes } from "../base/bytes.ts";
import { codeFromWire, ERROR_CODES, type ErrorCode, MeshError } from "../base/errors.ts";
import { ERROR_TEXT_MAX } from "./limits.ts";
import { NameCache } from "./name-cache.ts";
import { FieldReader } from "./reader.ts";
import { decodeValue, type Value, writeValue } from "./value.ts";
import type { FrameWriter } from "./writer.ts";

/** Bytes of a call id: 10 that are drawn once for each life of a node, then a counter of 6. */
export const CALL_ID_BYTES = 16;

/** Milliseconds a caller may wait at most: an hour. */
export const CALL_TIMEOUT_MAX = 3_600_000;

const PROCEDURE_BYTES_MAX = 255;

/** Names of procedures that were read lately. */
const procedures = new NameCache();
const REMOTE_CODE_BYTES_MAX = 128;

/** A call as the provider reads it. */
export interface Call {
  readonly callId: Bytes;
  readonly procedure: string;
  /** Milliseconds the caller waits from now on. */
  readonly timeout: number;
  readonly args: Value;
}

/** How a call failed, as the provider says it. */
export interface ReplyFailure {
  readonly code: ErrorCode;
  /** The handler's own code, on `handler_error`. */
  readonly remoteCode: string;
  readonly message: string;
}

/** A reply as the caller reads it. */
export type Reply =
  | { readonly ok: true; readonly result: Value }
  | { readonly ok: false; readonly failure: ReplyFailure };

/** Payload of `call`. `args` is encoded already. Without a call id the call is named by the route frame that carries it. */
export function writeCall(
  writer: FrameWriter,
  callId: Bytes | undefined,
  procedure: string,
  timeout: number,
  args: Bytes,
): void {
  writer.array(4);
  if (callId === undefined) writer.nil();
  else writer.bin(callId);
  writer.str(procedure);
  writer.uint(Math.min(CALL_TIMEOUT_MAX, Math.max(0, Math.ceil(timeout))));
  writer.raw(args);
}

/**
 * Reads the payload of `call`; `owned` as in `decodeValue`, `messageId` is that of the route frame around it.
 *
 * @throws {MeshError} `bad_frame`, `too_large`.
 */
export function readCall(
  bytes: Bytes,
  start: number,
  end: number,
  owned = false,
  messageId?: Bytes,
): Call {
  const reader = new FieldReader(bytes, start, end);
  reader.array(4);
  const callId = (reader.nil() ? messageId : undefined) ?? reader.fixed(CALL_ID_BYTES);
  const procedure = procedures.read(reader.strBytes(PROCEDURE_BYTES_MAX));
  const timeout = reader.uint(CALL_TIMEOUT_MAX);
  return { callId, procedure, timeout, args: decodeValue(bytes, reader.at, end, owned) };
}

/** Payload of `cast`. */
export function writeCast(writer: FrameWriter, procedure: string, args: Bytes): void {
  writer.array(2);
  writer.str(procedure);
  writer.raw(args);
}

/** Reads the payload of `cast`. Throws `bad_frame`, `too_large`. */
export function readCast(
  bytes: Bytes,
  start: number,
  end: number,
): { readonly procedure: string; readonly args: Value } {
  const reader = new FieldReader(bytes, start, end);
  reader.array(2);
  const procedure = reader.str(PROCEDURE_BYTES_MAX);
  return { procedure, args: decodeValue(bytes, reader.at, end) };
}

/** Payload of a `reply` with a result. Throws `encode_failed`, `too_large`; then nothing is written. */
export function writeResult(writer: FrameWriter, callId: Bytes, result: Value): void {
  const start = writer.at;
  writer.array(3);
  writer.bin(callId);
  writer.uint(0);
  try {
    writeValue(writer, result);
  } catch (cause) {
    writer.at = start;
    throw cause;
  }
}

/** Payload of a `reply` with a failure. Texts are cut to their limits. */
export function writeFailure(writer: FrameWriter, callId: Bytes, failure: ReplyFailure): void {
  writer.array(4);
  writer.bin(callId);
  writer.uint(ERROR_CODES[failure.code].wire);
  writer.str(cut(failure.remoteCode, REMOTE_CODE_BYTES_MAX));
  writer.str(cut(failure.message, ERROR_TEXT_MAX));
}

/** Where the 16 bytes of the call id stand in the payload of a `reply` that starts at `start`. */
export function replyIdAt(start: number): number {
  return start + 3;
}

/** Reads the payload of `reply` behind its call id; `owned` as in `decodeValue`. Throws `bad_frame`, `too_large`. */
export function readReply(bytes: Bytes, start: number, end: number, owned = false): Reply {
  const reader = new FieldReader(bytes, start, end);
  const fields = reader.array(3, 4);
  reader.skipFixed(CALL_ID_BYTES);
  const status = reader.uint(255);
  if ((fields === 3) !== (status === 0)) {
    throw new MeshError("bad_frame", `malformed reply: status ${status} in ${fields} fields`);
  }
  if (status === 0) return { ok: true, result: decodeValue(bytes, reader.at, end, owned) };
  const remoteCode = reader.str(REMOTE_CODE_BYTES_MAX);
  const message = reader.str(ERROR_TEXT_MAX);
  reader.done();
  return { ok: false, failure: { code: codeFromWire(status), remoteCode, message } };
}

/** Payload of `cancel`: the caller does not wait any more. */
export function writeCancel(writer: FrameWriter, callId: Bytes): void {
  writer.array(1);
  writer.bin(callId);
}

/** Reads the payload of `cancel`: a copy of the call id. Throws `bad_frame`. */
export function readCancel(bytes: Bytes, start: number, end: number): Bytes {
  const reader = new FieldReader(bytes, start, end);
  reader.array(1);
  const callId = reader.fixed(CALL_ID_BYTES);
  reader.done();
  return callId;
}

/** Cuts to at most `max` bytes of UTF-8, whatever the characters: none takes more than three per unit. */
function cut(text: string, max: number): string {
  return text.length * 3 <= max ? text : text.slice(0, Math.floor(max / 3));
}
