import type { Bytes } from "../../base/bytes.ts";
import {
  CODE_BYTES,
  FRAME,
  type FrameType,
  HELLO_BYTES,
  LIMIT_BYTES,
  type Settings,
} from "./frames.ts";

/** Bytes asked of the engine at once. */
const SLAB_BYTES = 64 << 10;
/** Less of a slab is not worth a chunk. */
const ROOM_BYTES_MIN = 16 << 10;
/** Kept free of data, for what the connection says behind it. */
const RESERVE_BYTES = 64;
const UINT32_MAX = 2 ** 32 - 1;

/**
 * Puts frames one after another into chunks that leave as one. A chunk is never written to again, however long
 * whoever sends it keeps it; what it left over of its slab is for the next.
 */
export class ChunkWriter {
  #slab: Bytes = new Uint8Array(0);
  #start = 0;
  #at = 0;

  /** Begins a chunk, which has room for 16 KiB at least. */
  begin(): void {
    if (this.room < ROOM_BYTES_MIN) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#at = 0;
    }
    this.#start = this.#at;
  }

  /** Bytes of streams that still go into the chunk. */
  get room(): number {
    return this.#slab.length - this.#at - RESERVE_BYTES;
  }

  /** The chunk, or nothing where nothing was written. */
  finish(): Bytes | undefined {
    return this.#at === this.#start ? undefined : this.#slab.subarray(this.#start, this.#at);
  }

  /** Writes a frame without payload. The caller has seen that there is room, here and below. */
  bare(type: FrameType, stream: number): void {
    this.#head(type, stream, 0);
  }

  hello(settings: Settings): void {
    this.#head(FRAME.hello, 0, HELLO_BYTES);
    this.#uint32(Math.min(UINT32_MAX, Math.ceil(settings.idleTimeout)));
    this.#uint32(Math.min(UINT32_MAX, settings.streamsMax));
    this.#uint32(Math.min(UINT32_MAX, settings.streamWindow));
    this.#uint32(Math.min(UINT32_MAX, settings.connectionWindow));
  }

  data(stream: number, bytes: Bytes, start: number, end: number): void {
    this.#head(FRAME.data, stream, end - start);
    this.#slab.set(bytes.subarray(start, end), this.#at);
    this.#at += end - start;
  }

  /** A reset or a stop. */
  code(type: FrameType, stream: number, code: number): void {
    this.#head(type, stream, CODE_BYTES);
    this.#uint32(code);
  }

  /** Credit, as a total since the beginning. */
  limit(type: FrameType, stream: number, limit: number): void {
    this.#head(type, stream, LIMIT_BYTES);
    this.#uint16(Math.floor(limit / 0x1_0000_0000));
    this.#uint32(limit);
  }

  close(code: number, reason: Bytes): void {
    this.#head(FRAME.close, 0, CODE_BYTES + reason.length);
    this.#uint32(code);
    this.#slab.set(reason, this.#at);
    this.#at += reason.length;
  }

  #head(type: FrameType, stream: number, length: number): void {
    this.#slab[this.#at++] = type;
    this.#uint16(length);
    this.#slab[this.#at++] = Math.floor(stream / 0x1_0000_0000);
    this.#uint32(stream);
  }

  #uint16(value: number): void {
    this.#slab[this.#at++] = value >>> 8;
    this.#slab[this.#at++] = value;
  }

  #uint32(value: number): void {
    this.#uint16((value >>> 16) & 0xffff);
    this.#uint16(value & 0xffff);
  }
}
