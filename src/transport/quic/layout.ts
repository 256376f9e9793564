/*
 * The records that driver and core exchange; quic-core/src/layout.rs says the same. Little-endian words,
 * every record at a multiple of four bytes.
 */

/** Datagram: length, port, four words of address, then the bytes. */
export const DATAGRAM_HEADER = 24;
/** Event: kind, connection, low and high word of the stream id, length, then the body. */
export const EVENT_HEADER = 20;
/** Port and address at the start of an event's body. */
export const ADDRESS_BYTES = 20;

export const EVENT_CONNECTED = 1;
export const EVENT_OPENED = 2;
export const EVENT_DATA = 3;
export const EVENT_DATA_END = 4;
export const EVENT_RESET = 5;
export const EVENT_WRITABLE = 6;
export const EVENT_AVAILABLE = 7;
export const EVENT_LOST = 8;
export const EVENT_STOPPED = 9;
export const EVENT_MOVED = 10;

/** Kinds of `EVENT_LOST`. */
export const LOST_APPLICATION = 1;
export const LOST_PEER_TRANSPORT = 2;
export const LOST_TIMEOUT = 3;
export const LOST_RESET = 4;
export const LOST_OWN_TRANSPORT = 5;

/** Rounds up to the next multiple of four. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
