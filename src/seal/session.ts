import { type Bytes, concat } from "../base/bytes.ts";
import { idNumber, type NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { SESSION_ID_BYTES } from "../wire/box-key.ts";
import { readUint16, readUint32, writeUint16, writeUint32 } from "../wire/frame.ts";
import type { FrameWriter } from "../wire/writer.ts";
import { KEY_BYTES, NONCE_BYTES, openInPlace, sealInPlace, TAG_BYTES } from "./aead.ts";
import { paddedLength } from "./padding.ts";
import { ReplayWindow } from "./replay-window.ts";

/** Bytes of the counter in front of a sealed text. */
export const COUNTER_BYTES = 4;

/** Texts that one end may seal in one session, far more than it ever does: counters never run over. */
export const TEXTS_LIMIT: number = 2 ** 31;

/*
 * Inside of the seal: when it was sealed, in steps of 10 ms since the session began, and how long it is good, in steps of
 * 100 ms; then the text; then a mark and zeros up to the next length that texts are padded to.
 */
const TIMES_BYTES = 4;
const SENT_STEP: Millis = 10;
const LIFE_STEP: Millis = 100;
const UINT16_MAX = 0xffff;
const MARK = 0x80;

/** Where a session's keys stand in its secrets. */
const SENDS_AT = 0;
const RECEIVES_AT: number = KEY_BYTES;

/** A text whose sender does not say how long it is good. */
const FOREVER = UINT16_MAX;

/** How much later than the quickest of its session a text may come beyond its time: clocks do not run alike. */
const LATE_SLACK: Millis = 1_000;

/** The key and the nonce under which a text is sealed or opened at the moment; the nonce is zeros and the counter. */
const key: Bytes = new Uint8Array(KEY_BYTES);
const nonce: Bytes = new Uint8Array(NONCE_BYTES);

/** The secrets of a session as one end holds them. */
export interface SessionKeys {
  /** What names it between its two ends. */
  readonly id: number;
  readonly sends: Bytes;
  readonly receives: Bytes;
}

/** What became of a text that could be opened. */
export interface OpenedText {
  /** The text is `bytes[start, end)` of what was opened. */
  start: number;
  end: number;
  /** It was not opened before. */
  isFresh: boolean;
  /** It has been under way for longer than it was good for. */
  isLate: boolean;
}

/** One for all sessions: it is read before another text is opened. */
const opened: OpenedText = { start: 0, end: 0, isFresh: false, isLate: false };

/** What two nodes have agreed on to seal for each other. Each direction has a key, and counts what is sealed with it. */
export class Session {
  readonly peer: NodeId;
  /** What names it between its two ends. */
  readonly id: number;
  readonly begunAt: Millis;
  /** What the caller puts in front of each text until the provider is known to have read it. */
  opening: Bytes | undefined;
  /** When a table last took note that it is used. */
  touchedAt: Millis;
  /** The key that this end seals with, and behind it the one it opens with. */
  readonly #secrets: Bytes;
  readonly #window = new ReplayWindow();
  #sent = 0;
  /** The least difference seen between this clock and the peer's time in the session. */
  #offset: Millis = Number.POSITIVE_INFINITY;

  constructor(peer: NodeId, keys: SessionKeys, opening: Bytes | undefined, now: Millis) {
    this.peer = peer;
    this.id = keys.id;
    this.opening = opening;
    this.begunAt = now;
    this.touchedAt = now;
    this.#secrets = concat(keys.sends, keys.receives);
  }

  /** The text that was opened last, good until another one is, in whichever session. */
  get text(): Readonly<OpenedText> {
    return opened;
  }

  /** Texts sealed so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Writes what stands in front of a sealed text; the text follows. Returns where its seal begins. */
  begin(writer: FrameWriter): number {
    const { opening } = this;
    if (opening !== undefined) writer.raw(opening);
    const idAt = writer.reserve(
      (opening === undefined ? SESSION_ID_BYTES : 0) + COUNTER_BYTES + TIMES_BYTES,
    );
    const textAt = writer.at - TIMES_BYTES;
    if (opening === undefined) writeUint32(writer.bytes, idAt, this.id);
    writeUint32(writer.bytes, textAt - COUNTER_BYTES, this.#sent);
    return textAt;
  }

  /**
   * Seals what was written since `begin`, which has returned `textAt`, and binds it to all that stands between
   * `headAt` and it. It is good for `life`; where that is left out, for ever.
   *
   * @throws {MeshError} `too_large`.
   */
  finish(writer: FrameWriter, headAt: number, textAt: number, now: Millis, life?: Millis): void {
    const length = writer.at - textAt + 1;
    const mark = writer.reserve(paddedLength(length) - length + 1);
    const end = writer.at;
    writer.reserve(TAG_BYTES);
    const { bytes } = writer;
    bytes[mark] = MARK;
    bytes.fill(0, mark + 1, end);
    writeUint16(bytes, textAt, steps(now - this.begunAt, SENT_STEP));
    writeUint16(bytes, textAt + 2, life === undefined ? FOREVER : steps(life, LIFE_STEP));
    this.#use(SENDS_AT, this.#sent);
    this.#sent += 1;
    sealInPlace(key, nonce, bytes, headAt, textAt, end);
  }

  /**
   * Opens the text that the peer has sealed, in place; its counter stands before `textAt`. `text` says what it is. False where
   * it is not whole.
   */
  open(bytes: Bytes, headAt: number, textAt: number, end: number, now: Millis): boolean {
    const counter = readUint32(bytes, textAt - COUNTER_BYTES);
    this.#use(RECEIVES_AT, counter);
    if (!openInPlace(key, nonce, bytes, headAt, textAt, end)) return false;
    opened.start = textAt + TIMES_BYTES;
    opened.end = end - TAG_BYTES - 1;
    while (bytes[opened.end] === 0) opened.end -= 1;
    if (opened.end < opened.start || bytes[opened.end] !== MARK) return false;
    opened.isLate = this.#isLate(readUint16(bytes, textAt), readUint16(bytes, textAt + 2), now);
    opened.isFresh = this.#window.take(counter);
    return true;
  }

  #use(keyAt: number, counter: number): void {
    for (let at = 0; at < KEY_BYTES; at++) key[at] = this.#secrets[keyAt + at] as number;
    writeUint32(nonce, NONCE_BYTES - COUNTER_BYTES, counter);
  }

  /** The quickest text of all tells how the clocks differ, and so how long each of the others took. */
  #isLate(sent: number, life: number, now: Millis): boolean {
    const offset = now - sent * SENT_STEP;
    this.#offset = Math.min(this.#offset, offset);
    return life !== FOREVER && offset - this.#offset > life * LIFE_STEP + LATE_SLACK;
  }
}

/** The key of tables for the session `id` with `peer`. Two may share it; compare them too. */
export function sessionNumber(peer: NodeId, id: number): number {
  return idNumber(peer) + id;
}

function steps(span: Millis, step: Millis): number {
  return Math.min(UINT16_MAX - 1, Math.max(0, Math.ceil(span / step)));
}
