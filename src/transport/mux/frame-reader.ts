import type { Bytes } from "../../base/bytes.ts";
import type { ErrorCode } from "../../base/errors.ts";
import {
  CODE_BYTES,
  FRAME,
  type FrameKind,
  type FrameType,
  HEADER_BYTES,
  KINDS,
  type Settings,
} from "./frames.ts";

/** The longest payload that is read as a whole: that of `close`. */
const WHOLE_BYTES_MAX = CODE_BYTES + 256;

/** Who is told of frames. */
export interface FrameSink {
  /** False once nothing more is wanted: reading ends there. */
  readonly reading: boolean;
  /** A piece of a data frame's payload, as it came: `bytes[start, end)`. */
  onData(stream: number, bytes: Bytes, start: number, end: number): void;
  onHello(settings: Settings): void;
  onEnd(stream: number): void;
  /** A reset or a stop. */
  onCode(type: FrameType, stream: number, code: number): void;
  /** Credit of a stream, of the connection, or for streams. */
  onLimit(type: FrameType, stream: number, limit: number): void;
  onPing(): void;
  onClose(code: number, reason: string): void;
  /** The peer does not keep to the protocol; nothing is read after it. */
  onViolation(code: ErrorCode, reason: string): void;
}

/** Cuts received bytes into frames, however they are split. Keeps a frame's head and small payloads, no more. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #kept: Bytes = new Uint8Array(HEADER_BYTES + WHOLE_BYTES_MAX);
  #have = 0;
  /** Bytes of the frame at hand, its header included; the header's alone while that is not whole. */
  #wanted = HEADER_BYTES;
  /** Bytes of data that are still to come, and whose they are. */
  #dataLeft = 0;
  #stream = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  read(bytes: Bytes, start: number, end: number): void {
    let at = start;
    while (at < end && this.#sink.reading) {
      at = this.#dataLeft > 0 ? this.#readData(bytes, at, end) : this.#readWhole(bytes, at, end);
    }
  }

  #readData(bytes: Bytes, at: number, end: number): number {
    const until = Math.min(end, at + this.#dataLeft);
    this.#dataLeft -= until - at;
    this.#sink.onData(this.#stream, bytes, at, until);
    return until;
  }

  #readWhole(bytes: Bytes, at: number, end: number): number {
    // A data frame's head that lies in one piece is by far the most frequent thing to be read.
    if (this.#have === 0 && bytes[at] === FRAME.data && end - at >= HEADER_BYTES) {
      this.#readHead(bytes, at);
      return at + HEADER_BYTES;
    }
    const until = Math.min(end, at + this.#wanted - this.#have);
    for (let from = at; from < until; from++) this.#kept[this.#have++] = bytes[from] as number;
    if (this.#have < this.#wanted) return until;
    if (this.#have === HEADER_BYTES) this.#readHead(this.#kept, 0);
    if (this.#have === this.#wanted && this.#sink.reading) this.#tell();
    return until;
  }

  /** Reads a header. Of data it is all there is to do; of anything else the payload is waited for. */
  #readHead(bytes: Bytes, at: number): void {
    const type = bytes[at] as number;
    const length = uint16(bytes, at + 1);
    this.#stream = (bytes[at + 3] as number) * 0x1_0000_0000 + uint32(bytes, at + 4);
    const kind = KINDS[type];
    if (kind === undefined) {
      this.#sink.onViolation("unknown_type", `there is no frame of type ${type}`);
    } else if (length < kind.least || length > kind.most) {
      const code = length > kind.most ? "too_large" : "bad_frame";
      this.#sink.onViolation(code, `a frame "${kind.name}" of ${length} bytes`);
    } else if (!kind.ofStream && this.#stream !== 0) {
      this.#sink.onViolation("bad_frame", `a frame "${kind.name}" that names a stream`);
    } else this.#await(kind, length);
  }

  #await(kind: FrameKind, length: number): void {
    if (kind.name === "data") {
      this.#dataLeft = length;
      this.#restart();
    } else this.#wanted = HEADER_BYTES + length;
  }

  #restart(): void {
    this.#have = 0;
    this.#wanted = HEADER_BYTES;
  }

  #tell(): void {
    const kept = this.#kept;
    const end = this.#wanted;
    this.#restart();
    const type = kept[0] as FrameType;
    switch (type) {
      case FRAME.hello:
        this.#sink.onHello(readSettings(kept, HEADER_BYTES));
        return;
      case FRAME.end:
        this.#sink.onEnd(this.#stream);
        return;
      case FRAME.reset:
      case FRAME.stop:
        this.#sink.onCode(type, this.#stream, uint32(kept, HEADER_BYTES));
        return;
      case FRAME.ping:
        this.#sink.onPing();
        return;
      case FRAME.close:
        this.#sink.onClose(uint32(kept, HEADER_BYTES), readReason(kept, end));
        return;
      case FRAME.streamCredit:
      case FRAME.connectionCredit:
      case FRAME.openCredit:
        this.#sink.onLimit(type, this.#stream, readLimit(kept, HEADER_BYTES));
        return;
      default:
        // Having been heard is all there is to a pong; data is told as it comes.
        return;
    }
  }
}

function uint16(bytes: Bytes, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32(bytes: Bytes, at: number): number {
  return uint16(bytes, at) * 0x1_0000 + uint16(bytes, at + 2);
}

function readLimit(bytes: Bytes, at: number): number {
  return uint16(bytes, at) * 0x1_0000_0000 + uint32(bytes, at + 2);
}

function readSettings(bytes: Bytes, at: number): Settings {
  return {
    idleTimeout: uint32(bytes, at),
    streamsMax: uint32(bytes, at + 4),
    streamWindow: uint32(bytes, at + 8),
    connectionWindow: uint32(bytes, at + 12),
  };
}

/** The text behind a code; what is not UTF-8 becomes a mark. */
function readReason(bytes: Bytes, end: number): string {
  return new TextDecoder().decode(bytes.subarray(HEADER_BYTES + CODE_BYTES, end));
}
