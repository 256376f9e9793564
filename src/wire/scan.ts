import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { readUint16, readUint32 } from "./frame.ts";
import type { ScanLimits } from "./limits.ts";

/** The one extension type that is let through: timestamps, with their three lengths. */
const TIMESTAMP_EXT = 0xff;

/**
 * Walks over one MessagePack value without building it and returns where it ends. Only a value that passes
 * is worth the memory of decoding. Iterative: depth costs no stack.
 *
 * Refuses: values cut short, more depth, elements, containers or string bytes than `limits`, map keys that
 * are no strings, extensions other than timestamps, the unused byte 0xc1.
 *
 * @throws {MeshError} `bad_frame`, and `too_large` where a limit is the reason.
 */
export function scanValue(bytes: Bytes, start: number, end: number, limits: ScanLimits): number {
  return inspectValue(bytes, start, end, limits).at;
}

/** What a scan has found. */
export interface Scanned {
  /** Where the value ends. */
  readonly at: number;
  /** A decoder would hand out views of the bytes for it. */
  readonly hasBinary: boolean;
}

/** Like `scanValue`, and tells whether there are byte strings in the value. */
export function inspectValue(
  bytes: Bytes,
  start: number,
  end: number,
  limits: ScanLimits,
): Scanned {
  const walk = new Walk(bytes, start, end, limits);
  do walk.step();
  while (walk.open > 0);
  return walk;
}

class Walk implements Scanned {
  at: number;
  hasBinary = false;
  /** Values still to come, over all open containers; the first is the value itself. */
  open = 1;
  readonly #bytes: Bytes;
  readonly #end: number;
  readonly #limits: ScanLimits;
  /** For each open container the values it still misses; twice the entries for a map. */
  readonly #missing: number[] = [];
  readonly #isMap: boolean[] = [];
  #elements = 0;
  #containers = 0;

  constructor(bytes: Bytes, start: number, end: number, limits: ScanLimits) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.#limits = limits;
  }

  step(): void {
    const token = this.#take(1);
    const byte = this.#bytes[token] as number;
    this.#begin(isString(byte));
    if (byte <= 0x7f || byte >= 0xe0) return;
    if (byte <= 0x8f) this.#container((byte & 0x0f) * 2, true);
    else if (byte <= 0x9f) this.#container(byte & 0x0f, false);
    else if (byte <= 0xbf) this.#skip(byte & 0x1f);
    else this.#long(byte);
  }

  /** The formats 0xc0 to 0xdf, which announce their length in bytes of their own or have a fixed one. */
  #long(byte: number): void {
    if (byte === 0xc0 || byte === 0xc2 || byte === 0xc3) return;
    if (byte >= 0xde) this.#container(this.#length((byte & 1) + 1) * 2, true);
    else if (byte >= 0xdc) this.#container(this.#length((byte & 1) + 1), false);
    else if (byte >= 0xd9) this.#skip(this.#length(byte - 0xd9));
    else if (byte >= 0xc4 && byte <= 0xc6) this.#binary(byte - 0xc4);
    else if (byte >= 0xca && byte <= 0xd3) this.#take(NUMBER_BYTES[byte - 0xca] as number);
    else this.#timestamp(byte);
  }

  #timestamp(byte: number): void {
    let size = -1;
    if (byte === 0xd6) size = 4;
    else if (byte === 0xd7) size = 8;
    else if (byte === 0xc7) size = this.#length(0) === 12 ? 12 : -1;
    if (size < 0) throw bad(`format 0x${byte.toString(16)} is not used here`);
    if (this.#bytes[this.#take(1)] !== TIMESTAMP_EXT)
      throw bad("an extension that is no timestamp");
    this.#take(size);
  }

  /** Reads a length of 1, 2 or 4 bytes (`width` 0, 1, 2). */
  #length(width: number): number {
    const at = this.#take(1 << width);
    if (width === 0) return this.#bytes[at] as number;
    return width === 1 ? readUint16(this.#bytes, at) : readUint32(this.#bytes, at);
  }

  #binary(width: number): void {
    this.hasBinary = true;
    this.#skip(this.#length(width));
  }

  #skip(length: number): void {
    if (length > this.#limits.string)
      throw large(`a string of ${length} bytes`, this.#limits.string);
    this.#take(length);
  }

  #take(count: number): number {
    const at = this.at;
    if (count > this.#end - at) throw bad("a value is cut short");
    this.at = at + count;
    return at;
  }

  #container(values: number, isMap: boolean): void {
    this.#elements += values;
    this.#containers += 1;
    const limits = this.#limits;
    if (this.#elements > limits.elements)
      throw large(`${this.#elements} elements`, limits.elements);
    if (this.#containers > limits.containers) {
      throw large(`${this.#containers} containers`, limits.containers);
    }
    if (values > this.#end - this.at) throw bad("a container announces more than there is");
    if (this.#missing.length >= limits.depth)
      throw large(`depth ${limits.depth + 1}`, limits.depth);
    if (values === 0) return;
    this.#missing.push(values);
    this.#isMap.push(isMap);
    this.open += values;
  }

  /** A value begins: leaves the containers that are full and counts it off the one it stands in. */
  #begin(isKeyType: boolean): void {
    const missing = this.#missing;
    this.open -= 1;
    while (missing.length > 0 && missing[missing.length - 1] === 0) {
      missing.pop();
      this.#isMap.pop();
    }
    const last = missing.length - 1;
    if (last < 0) return;
    const left = missing[last] as number;
    const keyIsDue = this.#isMap[last] === true && left % 2 === 0;
    if (keyIsDue && !isKeyType) throw bad("a map key is not a string");
    missing[last] = left - 1;
  }
}

/** Bytes behind the formats 0xca to 0xd3: float 32 and 64, uint 8 to 64, int 8 to 64. */
const NUMBER_BYTES: readonly number[] = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

function isString(byte: number): boolean {
  return (byte >= 0xa0 && byte <= 0xbf) || (byte >= 0xd9 && byte <= 0xdb);
}

function bad(what: string): MeshError {
  return new MeshError("bad_frame", `malformed MessagePack: ${what}`);
}

function large(what: string, limit: number): MeshError {
  return new MeshError("too_large", `a value with ${what}; the limit is ${limit}`);
}
