import { ID_BYTES, type NodeId, toNodeId } from "../../src/base/id.ts";

/** The id whose last four bytes are `number`: `tinyId(0b0110)` reads as its own distance to `tinyId(0)`. */
export function tinyId(number: number): NodeId {
  const bytes = new Uint8Array(ID_BYTES);
  new DataView(bytes.buffer).setUint32(ID_BYTES - 4, number);
  return toNodeId(bytes);
}

/** The id whose first byte is `byte`, all others zero: tells buckets apart at the far end. */
export function farId(byte: number): NodeId {
  const bytes = new Uint8Array(ID_BYTES);
  bytes[0] = byte;
  return toNodeId(bytes);
}
