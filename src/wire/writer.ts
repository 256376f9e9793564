import type { Bytes } from "../base/bytes.ts";
import { utf8 } from "../base/bytes.ts";
import { HEADER_BYTES, writeHeader } from "./frame.ts";

const FIRST_BYTES = 1_024;

/** Buffer kept between frames; a larger one is given back with `begin`. */
const KEPT_BYTES = 64 << 10;

/** Stands for the buffer of a writer that has nothing to write yet: there are several for each link. */
const NOTHING: Bytes = new Uint8Array(0);

/**
 * Builds one frame after another in one growing buffer: `begin`, fields, `finish`. Fields are MessagePack in
 * its shortest form. What was written stays in `bytes` until the next `begin`.
 */
export class FrameWriter {
  bytes: Bytes = NOTHING;
  /** Where the next byte goes: the frame's length so far. */
  at = 0;

  /** Starts a frame; its header is filled in by `finish`. */
  begin(): void {
    const { length } = this.bytes;
    if (length === 0) this.bytes = new Uint8Array(FIRST_BYTES);
    else if (length > KEPT_BYTES) this.bytes = new Uint8Array(KEPT_BYTES);
    this.at = HEADER_BYTES;
  }

  /** Starts bare bytes without a header, such as the signed part of a record. */
  beginBare(): void {
    this.begin();
    this.at = 0;
  }

  /** Puts the header in front. The frame is `bytes[0, at)`. */
  finish(type: number): void {
    writeHeader(this.bytes, 0, type, this.at - HEADER_BYTES);
  }

  /** Hands over what was written together with its memory; nothing of it stays here. */
  detach(): Bytes {
    const written = this.bytes.subarray(0, this.at);
    this.bytes = NOTHING;
    this.at = 0;
    return written;
  }

  /** A copy of what was written. */
  copy(): Bytes {
    return this.bytes.slice(0, this.at);
  }

  /** Makes room for `count` bytes and steps over them; returns where they begin. */
  reserve(count: number): number {
    const at = this.at;
    const needed = at + count;
    if (needed > this.bytes.length) {
      // What follows a large body is little: padding and a tag.
      const roomy = needed > KEPT_BYTES ? needed + (needed >>> 3) + FIRST_BYTES : needed;
      const grown = new Uint8Array(Math.max(roomy, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
    }
    this.at = needed;
    return at;
  }

  raw(bytes: Bytes): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  uint8(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  array(count: number): void {
    if (count < 16) this.uint8(0x90 | count);
    else this.#sized(0xdc, count, 2);
  }

  nil(): void {
    this.uint8(0xc0);
  }

  bool(value: boolean): void {
    this.uint8(value ? 0xc3 : 0xc2);
  }

  /** A whole number, 0 ≤ value ≤ 2^53 − 1. */
  uint(value: number): void {
    if (value < 0x80) this.uint8(value);
    else if (value < 0x100) this.#sized(0xcc, value, 1);
    else if (value < 0x1_0000) this.#sized(0xcd, value, 2);
    else if (value < 0x1_0000_0000) this.#sized(0xce, value, 4);
    else this.#sized(0xcf, value, 8);
  }

  bin(bytes: Bytes): void {
    const length = bytes.length;
    if (length < 0x100) this.#sized(0xc4, length, 1);
    else if (length < 0x1_0000) this.#sized(0xc5, length, 2);
    else this.#sized(0xc6, length, 4);
    this.raw(bytes);
  }

  str(text: string): void {
    if (text.length < 32 && this.#ascii(text)) return;
    const bytes = utf8(text);
    const length = bytes.length;
    if (length < 32) this.uint8(0xa0 | length);
    else if (length < 0x100) this.#sized(0xd9, length, 1);
    else this.#sized(0xda, length, 2);
    this.raw(bytes);
  }

  /** Writes a short text of ASCII characters, as names are; false, and nothing written, where it is not that. */
  #ascii(text: string): boolean {
    const start = this.at;
    const at = this.reserve(1 + text.length);
    this.bytes[at] = 0xa0 | text.length;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.at = start;
        return false;
      }
      this.bytes[at + 1 + index] = unit;
    }
    return true;
  }

  /** A format byte and `value` in `width` bytes, big-endian. */
  #sized(format: number, value: number, width: number): void {
    const at = this.reserve(1 + width);
    this.bytes[at] = format;
    let rest = value;
    for (let offset = width; offset > 0; offset--) {
      this.bytes[at + offset] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
}
