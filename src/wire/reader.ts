import type { Bytes } from "../base/bytes.ts";
import { fromUtf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";

/**
 * Reads typed MessagePack fields from `bytes[at, end)`. Every method checks what it takes and throws
 * `bad_frame` on anything else, longer forms of a number or length than needed included: a message has one
 * encoding only. Byte strings are views; copy what must outlive the frame.
 */
export class FieldReader {
  readonly bytes: Bytes;
  at: number;
  readonly end: number;

  constructor(bytes: Bytes, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Steps over `count` bytes and returns where they begin. */
  take(count: number): number {
    const at = this.at;
    if (count > this.end - at) throw bad("a message is cut short");
    this.at = at + count;
    return at;
  }

  uint8(): number {
    return this.bytes[this.take(1)] as number;
  }

  /** An array of at least `min` and at most `max` elements; returns how many. */
  array(min: number, max: number = min): number {
    const byte = this.uint8();
    let count: number;
    if (byte >= 0x90 && byte <= 0x9f) count = byte & 0x0f;
    else if (byte === 0xdc) count = this.#sized(2, 16);
    else throw bad("an array is missing");
    if (count < min || count > max) throw bad(`an array of ${count} elements`);
    return count;
  }

  bool(): boolean {
    const byte = this.uint8();
    if (byte !== 0xc2 && byte !== 0xc3) throw bad("a boolean is missing");
    return byte === 0xc3;
  }

  /** True, and nothing more to read, where a nil stands. */
  nil(): boolean {
    if (this.bytes[this.at] !== 0xc0 || this.at >= this.end) return false;
    this.at += 1;
    return true;
  }

  /** A whole number, 0 ≤ n ≤ `max`. */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#uint(this.uint8());
    if (value > max) throw bad(`the number ${value}, the limit is ${max}`);
    return value;
  }

  #uint(byte: number): number {
    if (byte < 0x80) return byte;
    switch (byte) {
      case 0xcc:
        return this.#sized(1, 0x80);
      case 0xcd:
        return this.#sized(2, 0x100);
      case 0xce:
        return this.#sized(4, 0x1_0000);
      case 0xcf:
        return this.#sized(8, 0x1_0000_0000);
      default:
        throw bad("a number is missing");
    }
  }

  /** A copy of a byte string of exactly `length`. */
  fixed(length: number): Bytes {
    const at = this.skipFixed(length);
    return this.bytes.slice(at, at + length);
  }

  /** Steps over a byte string of exactly `length` and returns where it begins. */
  skipFixed(length: number): number {
    const found = this.#binLength();
    if (found !== length) throw bad(`${found} bytes in place of ${length}`);
    return this.take(length);
  }

  /** At most `max` bytes. */
  bin(max: number): Bytes {
    return this.#slice(this.#binLength(), max);
  }

  /** Text of at most `max` bytes. */
  str(max: number): string {
    return textOf(this.strBytes(max));
  }

  /** The bytes of a text of at most `max` bytes; not checked to be UTF-8. */
  strBytes(max: number): Bytes {
    const byte = this.uint8();
    let length: number;
    if (byte >= 0xa0 && byte <= 0xbf) length = byte & 0x1f;
    else if (byte === 0xd9) length = this.#sized(1, 32);
    else if (byte === 0xda) length = this.#sized(2, 0x100);
    else throw bad("a text is missing");
    return this.#slice(length, max);
  }

  /** Nothing may be left. */
  done(): void {
    if (this.at !== this.end) throw bad(`${this.end - this.at} bytes too many`);
  }

  #binLength(): number {
    const byte = this.uint8();
    if (byte === 0xc4) return this.#sized(1, 0);
    if (byte === 0xc5) return this.#sized(2, 0x100);
    if (byte === 0xc6) return this.#sized(4, 0x1_0000);
    throw bad("a byte string is missing");
  }

  #slice(length: number, max: number): Bytes {
    if (length > max) throw bad(`${length} bytes, the limit is ${max}`);
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** `width` bytes, big-endian; refused below `least`, which has a shorter form. */
  #sized(width: number, least: number): number {
    const at = this.take(width);
    let value = 0;
    for (let offset = 0; offset < width; offset++) {
      value = value * 256 + (this.bytes[at + offset] as number);
    }
    if (value < least) throw bad("a number that is not in its shortest form");
    if (value > Number.MAX_SAFE_INTEGER) throw bad("a number beyond 2^53 − 1");
    return value;
  }
}

/** The text behind UTF-8. Throws `bad_frame` on anything that is not UTF-8. */
export function textOf(bytes: Bytes): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw bad("a text that is not UTF-8");
  }
}

function bad(what: string): MeshError {
  return new MeshError("bad_frame", `malformed message: ${what}`);
}
