import { Decoder, Encoder, ExtensionCodec } from "@msgpack/msgpack";
import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { readUint16, readUint32 } from "./frame.ts";
import { BODY_MAX, DEPTH_MAX, VALUE_SCAN } from "./limits.ts";
import { inspectValue, scanValue } from "./scan.ts";
import { FrameWriter } from "./writer.ts";

/**
 * What a call may carry: null, booleans, numbers, bigints of 64 bits, strings, `Uint8Array`, `Date`, arrays
 * and plain objects of these, 16 levels deep, 16 MiB encoded. `undefined` fields of objects are left out,
 * elsewhere `undefined` becomes null. Maps, sets, functions, symbols and cycles are refused.
 */
export type Value = unknown;

/** Refuses what the library would silently turn into an empty object. Dates have a codec of their own. */
class StrictExtensions extends ExtensionCodec {
  override tryToEncode(
    object: unknown,
    context: undefined,
  ): ReturnType<ExtensionCodec["tryToEncode"]> {
    if (object instanceof Map || object instanceof Set || object instanceof Promise) {
      throw new TypeError(
        `a ${object.constructor.name} has no encoding; send an array or a plain object`,
      );
    }
    const extension = super.tryToEncode(object, context);
    // No moment has the long form and twelve zero bytes; a date that is not a number gets them.
    if (extension?.data.length === 12 && (extension.data as Bytes).every((byte) => byte === 0)) {
      throw new TypeError("an invalid date has no encoding");
    }
    return extension;
  }
}

const extensionCodec = new StrictExtensions();
let encoder = newEncoder();
const decoder = new Decoder({ extensionCodec, useBigInt64: true });

/** Format and length of a byte string of 64 KiB and more. */
const BINARY_HEADER_BYTES = 5;

/** Buffer an encoder may keep for the next value; after a larger one it is replaced. */
const KEPT_BYTES = 1 << 20;

function newEncoder(): Encoder<undefined> {
  const made = new Encoder({
    extensionCodec,
    maxDepth: DEPTH_MAX,
    ignoreUndefined: true,
    useBigInt64: true,
  });
  // The library keeps the low 64 bits of a larger bigint and says nothing.
  const inner = made as unknown as { encodeBigInt64(value: bigint): void };
  const encodeBigInt64 = inner.encodeBigInt64.bind(made);
  inner.encodeBigInt64 = (value) => {
    if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value) {
      throw new RangeError("a bigint of more than 64 bits has no encoding");
    }
    encodeBigInt64(value);
  };
  return made;
}

/**
 * The value as MessagePack. The bytes are shared: they are overwritten by the next call.
 *
 * @throws {MeshError} `encode_failed` for what has no encoding, `too_large` beyond 16 MiB, 2^20 elements or
 * 2^16 containers.
 */
export function encodeValue(value: Value): Bytes {
  const bytes = tryEncode(value);
  if (bytes.length > KEPT_BYTES) encoder = newEncoder();
  checkSize(bytes.length);
  // A value can't have more elements or containers than bytes: only a long one can be refused by its reader.
  if (bytes.length > VALUE_SCAN.containers) scanValue(bytes, 0, bytes.length, VALUE_SCAN);
  return bytes;
}

/** A byte string of this size is worth a way of its own, which copies it once. */
const LARGE_BYTES = 64 << 10;

function isLargeBinary(value: Value): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= LARGE_BYTES;
}

/** Writes the value as MessagePack. Throws what `encodeValue` throws. */
export function writeValue(writer: FrameWriter, value: Value): void {
  if (!isLargeBinary(value)) {
    writer.raw(encodeValue(value));
    return;
  }
  checkSize(value.length + BINARY_HEADER_BYTES);
  writer.bin(value);
}

/** The value as MessagePack, for keeps; `copy` makes a copy of short bytes. Throws what `encodeValue` throws. */
export function encodeForKeeps(value: Value, copy: (bytes: Bytes) => Bytes): Bytes {
  if (!isLargeBinary(value)) return copy(encodeValue(value));
  const writer = new FrameWriter();
  writer.beginBare();
  checkSize(value.length + BINARY_HEADER_BYTES);
  writer.bin(value);
  return writer.detach();
}

function checkSize(length: number): void {
  if (length > BODY_MAX) {
    throw new MeshError("too_large", `a value of ${length} bytes; the limit is ${BODY_MAX}`);
  }
}

function tryEncode(value: Value): Bytes {
  try {
    return encoder.encodeSharedRef(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MeshError("encode_failed", `the value can't be encoded: ${reason}`, { cause });
  }
}

/**
 * The value that fills `bytes[start, end)`. It shares nothing with `bytes`; with `owned` its byte strings may be
 * views of them, and `bytes` must not change later.
 *
 * @throws {MeshError} `bad_frame`, `too_large`.
 */
export function decodeValue(bytes: Bytes, start: number, end: number, owned = false): Value {
  const content = loneBinaryAt(bytes, start, end);
  if (content > 0) return owned ? bytes.subarray(content, end) : bytes.slice(content, end);
  const { at, hasBinary } = inspectValue(bytes, start, end, VALUE_SCAN);
  if (at !== end) throw new MeshError("bad_frame", "malformed MessagePack: bytes follow the value");
  const body = hasBinary && !owned ? bytes.slice(start, end) : bytes.subarray(start, end);
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw new MeshError("bad_frame", `malformed MessagePack: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Where the content begins of a value that is one byte string and nothing else; 0 where it is not. A common body, and cheap. */
function loneBinaryAt(bytes: Bytes, start: number, end: number): number {
  const width = (bytes[start] as number) - 0xc4;
  if (start >= end || width < 0 || width > 2) return 0;
  const content = start + 1 + (1 << width);
  if (content > end || end - content > VALUE_SCAN.string) return 0;
  let length = bytes[start + 1] as number;
  if (width === 1) length = readUint16(bytes, start + 1);
  else if (width === 2) length = readUint32(bytes, start + 1);
  return content + length === end ? content : 0;
}
