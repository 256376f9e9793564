import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";

/** Every packet of QUIC has this bit in its first byte; raw datagrams do not. */
const QUIC_BIT = 0x40;

/** True for what can't be a packet of a connection. */
export function isRaw(bytes: Bytes): boolean {
  return ((bytes[0] ?? 0) & QUIC_BIT) === 0;
}

/** Throws `internal` for bytes that a receiver would take for a packet of a connection. */
export function assertRaw(bytes: Bytes): void {
  if (isRaw(bytes)) return;
  throw new MeshError("internal", "the first byte of a raw datagram must not have bit 0x40");
}
