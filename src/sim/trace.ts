import type { Bytes } from "../base/bytes.ts";
import type { Millis } from "../base/ports.ts";

const NOTHING: Bytes = new Uint8Array(0);

/** Lines kept for a failure report. */
const LINES_KEPT = 200;

/** One entry; put into words only when somebody reads it. */
interface Line {
  readonly time: Millis;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly size: number;
  readonly mark: number;
}

/**
 * What happened, in order: hashed as a whole, and its end kept to be read. Two runs whose hashes are equal
 * did the same things at the same times with the same bytes.
 */
export class Trace {
  readonly #lines: Line[] = [];
  readonly #fold = new Float64Array(1);
  readonly #foldWords: Uint32Array = new Uint32Array(this.#fold.buffer);
  #low = 0x811c9dc5;
  #high = 0xcbf29ce4;
  #count = 0;

  /** Entries so far. */
  get count(): number {
    return this.#count;
  }

  /** All entries so far as 16 hexadecimal digits. */
  get hash(): string {
    return word(this.#high) + word(this.#low);
  }

  /** Something got from one place to another. */
  add(time: Millis, what: string, from: string, to: string, bytes: Bytes): void {
    this.#fold[0] = time;
    this.#mix(this.#foldWords[0] as number);
    this.#mix(this.#foldWords[1] as number);
    this.#mixText(what);
    this.#mixText(from);
    this.#mixText(to);
    const mark = hashBytes(bytes);
    this.#mix(mark);
    this.#mix(bytes.length);
    this.#lines[this.#count % LINES_KEPT] = { time, what, from, to, size: bytes.length, mark };
    this.#count += 1;
  }

  /** Somebody said something. */
  note(time: Millis, who: string, text: string): void {
    this.add(time, text, who, "", NOTHING);
  }

  /** The last entries, oldest first, at most 200 of them. */
  tail(count: number = LINES_KEPT): string[] {
    const first = Math.max(0, this.#count - Math.min(count, LINES_KEPT));
    const lines: string[] = [];
    for (let at = first; at < this.#count; at++) {
      const line = this.#lines[at % LINES_KEPT] as Line;
      lines.push(`#${at} ${line.time.toFixed(3)} ms ${inWords(line)}`);
    }
    return lines;
  }

  #mixText(text: string): void {
    this.#mix(text.length);
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
  }

  // Two 32-bit lanes of FNV-1a over words, crossed so that neither can repeat without the other.
  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ value ^ (this.#low >>> 15), 0x5bd1e995);
  }
}

function inWords(line: Line): string {
  if (line.to === "") return `${line.from}: ${line.what}`;
  const bytes = line.size > 0 ? ` ${line.size} B ${word(line.mark)}` : "";
  return `${line.from} > ${line.to} ${line.what}${bytes}`;
}

function word(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

function hashBytes(bytes: Bytes): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  }
  return hash;
}
