/*
 * What two ends of a multiplexed connection say to each other: type (1 byte), length of the payload (2),
 * id of the stream (5; 0 where it is about the connection), payload. Integers are big-endian. docs/protocol.md,
 * section 2, tells what each type means.
 */
export const FRAME = {
  hello: 0x01,
  data: 0x02,
  end: 0x03,
  reset: 0x04,
  stop: 0x05,
  streamCredit: 0x06,
  connectionCredit: 0x07,
  openCredit: 0x08,
  ping: 0x09,
  pong: 0x0a,
  close: 0x0b,
} as const;

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

export const HEADER_BYTES = 8;
/** A data frame of this size fills a record of TLS. */
export const DATA_BYTES_MAX: number = (16 << 10) - HEADER_BYTES;
/** Idle timeout, streams, window of a stream, window of the connection: 4 bytes each. */
export const HELLO_BYTES = 16;
export const CODE_BYTES = 4;
/** A total since the beginning. */
export const LIMIT_BYTES = 6;
/** Ids of streams have five bytes. */
export const STREAM_ID_MAX: number = 2 ** 40 - 1;

/** What is known about a type of frame. */
export interface FrameKind {
  readonly name: keyof typeof FRAME;
  /** Whether it is about a stream. */
  readonly ofStream: boolean;
  readonly least: number;
  readonly most: number;
}

function kind(name: keyof typeof FRAME, ofStream: boolean, least: number, most = least): FrameKind {
  return { name, ofStream, least, most };
}

/** By type; nothing at the numbers that are not in use. */
export const KINDS: readonly (FrameKind | undefined)[] = [
  undefined,
  kind("hello", false, HELLO_BYTES),
  kind("data", true, 1, DATA_BYTES_MAX),
  kind("end", true, 0),
  kind("reset", true, CODE_BYTES),
  kind("stop", true, CODE_BYTES),
  kind("streamCredit", true, LIMIT_BYTES),
  kind("connectionCredit", false, LIMIT_BYTES),
  kind("openCredit", false, LIMIT_BYTES),
  kind("ping", false, 0),
  kind("pong", false, 0),
  // A code and a reason of at most 256 bytes.
  kind("close", false, CODE_BYTES, CODE_BYTES + 256),
];

/** What each end lets the other do, as its hello says. Milliseconds, streams, bytes. */
export interface Settings {
  readonly idleTimeout: number;
  readonly streamsMax: number;
  readonly streamWindow: number;
  readonly connectionWindow: number;
}
