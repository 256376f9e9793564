import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import { textOf } from "./reader.ts";

/** Names remembered; a new one takes the place of another that falls on it. A power of two. */
const ENTRIES = 256;

/** Longer names are decoded each time. */
const NAME_BYTES_MAX = 64;

interface Entry {
  readonly bytes: Bytes;
  readonly text: string;
}

/** Turns the bytes of names that come again and again into text without decoding them again. */
export class NameCache {
  readonly #entries = new Array<Entry | undefined>(ENTRIES).fill(undefined);

  /** The text behind `bytes`. Throws `bad_frame` on anything that is not UTF-8. */
  read(bytes: Bytes): string {
    if (bytes.length === 0 || bytes.length > NAME_BYTES_MAX) return textOf(bytes);
    const slot = hash(bytes) & (ENTRIES - 1);
    const known = this.#entries[slot];
    if (known !== undefined && equalBytes(known.bytes, bytes)) return known.text;
    const entry = { bytes: bytes.slice(), text: textOf(bytes) };
    this.#entries[slot] = entry;
    return entry.text;
  }
}

function hash(bytes: Bytes): number {
  let value = bytes.length;
  for (const byte of bytes) value = (value * 31 + byte) | 0;
  return value;
}
