import type { Bytes } from "./bytes.ts";
import { compareBytes, equalBytes, fromHex, toHex } from "./bytes.ts";
import { MeshError } from "./errors.ts";

/** Bytes of a node id, a realm id and a DHT key: all live in one 256-bit space. */
export const ID_BYTES = 32;

/** The Ed25519 public key of a node. */
export type NodeId = Bytes & { readonly __nodeId: never };

/** A point of the id space: a node id or a DHT key. */
export type Key = Bytes;

/** Takes 32 bytes as a node id. Throws `bad_frame` on any other length. */
export function toNodeId(bytes: Bytes): NodeId {
  if (bytes.length !== ID_BYTES) {
    throw new MeshError("bad_frame", `a node id has ${ID_BYTES} bytes, not ${bytes.length}`);
  }
  return bytes as NodeId;
}

/** The id as lower-case hexadecimal: how it is shown, and the key of maps. */
export function idText(id: Bytes): string {
  return toHex(id, 0, id.length);
}

/** The first eight digits: enough for a log line. */
export function shortId(id: Bytes): string {
  return toHex(id, 0, 4);
}

/** Reads 64 hexadecimal digits. Throws `bad_config` on anything else. */
export function parseNodeId(text: string): NodeId {
  const bytes = fromHex(text);
  if (bytes === undefined || bytes.length !== ID_BYTES) {
    throw new MeshError(
      "bad_config",
      `"${text.slice(0, 80)}" is not a node id; it has 64 hexadecimal digits`,
    );
  }
  return bytes as NodeId;
}

/** A number of 52 bits mixed from the whole id: a key for maps that costs no string. Two ids may share it; compare them too. */
export function idNumber(id: Bytes): number {
  let high = 0;
  let low = 0;
  for (let at = 0; at < ID_BYTES; at += 2) {
    high = (Math.imul(high, 31) + (id[at] as number)) | 0;
    low = (Math.imul(low, 37) + (id[at + 1] as number)) | 0;
  }
  return (high >>> 0) * 0x10_0000 + (low & 0xf_ffff);
}

export function sameId(a: Key, b: Key): boolean {
  return equalBytes(a, b);
}

/** XOR distance, big-endian (Maymounkov and Mazières, Kademlia, 2002). */
export function distance(a: Key, b: Key): Bytes {
  const result = new Uint8Array(a.length);
  for (let at = 0; at < result.length; at++) result[at] = (a[at] as number) ^ (b[at] as number);
  return result;
}

/** Which of `a` and `b` is nearer to `target`: negative for `a`, positive for `b`, 0 for both alike. */
export function compareDistance(target: Key, a: Key, b: Key): number {
  for (let at = 0; at < target.length; at++) {
    const toTarget = target[at] as number;
    const difference = ((a[at] as number) ^ toTarget) - ((b[at] as number) ^ toTarget);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Zero bits before the first set bit; the number of all bits where there is none. */
export function leadingZeros(bytes: Bytes): number {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte !== 0) return at * 8 + Math.clz32(byte) - 24;
  }
  return bytes.length * 8;
}

/** Bucket of `other` in the table of `self`: leading zero bits of their distance; 256 for oneself. */
export function bucketIndex(self: Key, other: Key): number {
  return leadingZeros(distance(self, other));
}

/** Plain order of ids, used where two nodes must agree without talking. */
export function compareIds(a: Key, b: Key): number {
  return compareBytes(a, b);
}
