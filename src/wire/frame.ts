import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { CONTROL_PAYLOAD_MAX, DATA_PAYLOAD_MAX } from "./limits.ts";

/** The version every frame of this protocol starts with. */
export const WIRE_VERSION = 2;

/** Bytes before the payload: version, type, flags, reserved, payload length (uint32 big-endian). */
export const HEADER_BYTES = 8;

/** Message type ids. A number is never reused. */
export const TYPE = {
  connect: 0x01,
  ping: 0x03,
  pong: 0x04,
  connectAck: 0x05,
  contactUpdate: 0x06,
  dialBack: 0x07,
  dialBackReply: 0x08,
  observe: 0x09,
  observation: 0x0a,
  call: 0x20,
  reply: 0x21,
  cast: 0x22,
  rpcRoute: 0x23,
  routeError: 0x24,
  routeRequest: 0x25,
  routeReply: 0x26,
  cancel: 0x27,
  hopReport: 0x28,
  hopAccept: 0x29,
  punchOffer: 0x2a,
  punchAnswer: 0x2b,
  punchGo: 0x2c,
  boxKey: 0x2e,
  findNode: 0x40,
  findNodeReply: 0x41,
  store: 0x42,
  findValue: 0x43,
  findValueReply: 0x44,
  storeAck: 0x45,
} as const;

const DATA_TYPES: ReadonlySet<number> = new Set([TYPE.call, TYPE.reply, TYPE.cast, TYPE.rpcRoute]);

/** Largest payload of each type id; 0 for an id that is not in use. */
const PAYLOAD_MAX = new Uint32Array(256);
for (const id of Object.values(TYPE)) {
  PAYLOAD_MAX[id] = DATA_TYPES.has(id) ? DATA_PAYLOAD_MAX : CONTROL_PAYLOAD_MAX;
}

/** True for the types that carry users' bodies; they travel behind control frames. */
export function isDataType(type: number): boolean {
  return type >= TYPE.call && type <= TYPE.rpcRoute;
}

/** Writes a header in front of a payload of `length` bytes that follows at `at + 8`. */
export function writeHeader(bytes: Bytes, at: number, type: number, length: number): void {
  bytes[at] = WIRE_VERSION;
  bytes[at + 1] = type;
  bytes[at + 2] = 0;
  bytes[at + 3] = 0;
  writeUint32(bytes, at + 4, length);
}

/**
 * Checks the header at `at` and returns the payload's length. Flags and the reserved byte are not looked at.
 *
 * @throws {MeshError} `unsupported_version`, `unknown_type`, `too_large`, tested in this order.
 */
export function readHeader(bytes: Bytes, at: number): number {
  const version = bytes[at] as number;
  if (version !== WIRE_VERSION) throw wrongVersion(version);
  const type = bytes[at + 1] as number;
  const max = PAYLOAD_MAX[type] as number;
  if (max === 0)
    throw new MeshError("unknown_type", `frame of unknown type 0x${type.toString(16)}`);
  const length = readUint32(bytes, at + 4);
  if (length > max) {
    throw new MeshError("too_large", `frame announces ${length} bytes, the limit is ${max}`);
  }
  return length;
}

function wrongVersion(version: number): MeshError {
  const hint = version === 1 ? "; version 1 peers (Macula 0.x) have to be upgraded" : "";
  return new MeshError(
    "unsupported_version",
    `frame of version ${version}, this node speaks ${WIRE_VERSION}${hint}`,
  );
}

export function readUint16(bytes: Bytes, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function writeUint16(bytes: Bytes, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function readUint32(bytes: Bytes, at: number): number {
  return readUint16(bytes, at) * 0x1_0000 + readUint16(bytes, at + 2);
}

export function writeUint32(bytes: Bytes, at: number, value: number): void {
  writeUint16(bytes, at, value >>> 16);
  writeUint16(bytes, at + 2, value & 0xffff);
}
