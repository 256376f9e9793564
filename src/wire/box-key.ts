import type { Bytes } from "../base/bytes.ts";
import { FieldReader } from "./reader.ts";
import { MESSAGE_ID_BYTES } from "./route-frame.ts";
import type { FrameWriter } from "./writer.ts";

/** Bytes of a key that calls are sealed to. */
export const BOX_KEY_BYTES = 32;

/** Bytes that name a session between its two ends. */
export const SESSION_ID_BYTES = 4;

const SESSION_ID_MAX = 0xffff_ffff;

const SIGNATURE_BYTES = 64;

/** A provider could not open a message: it knows no such session, or was asked for its key. */
export interface BoxKeyAnswer {
  /** Of the message that was not opened. */
  readonly messageId: Bytes;
  /** The session it was sealed in; 0 where its sender had no key to begin one. */
  readonly session: number;
  /** The key to seal to. */
  readonly boxKey: Bytes;
  /** The provider's, over all this and who is meant. */
  readonly signature: Bytes;
}

/** Payload of `box_key`. */
export function writeBoxKeyAnswer(writer: FrameWriter, answer: BoxKeyAnswer): void {
  writer.array(4);
  writer.bin(answer.messageId);
  writer.uint(answer.session);
  writer.bin(answer.boxKey);
  writer.bin(answer.signature);
}

/** Reads the payload of `box_key`. Throws `bad_frame`. */
export function readBoxKeyAnswer(bytes: Bytes, start: number, end: number): BoxKeyAnswer {
  const reader = new FieldReader(bytes, start, end);
  reader.array(4);
  const answer: BoxKeyAnswer = {
    messageId: reader.fixed(MESSAGE_ID_BYTES),
    session: reader.uint(SESSION_ID_MAX),
    boxKey: reader.fixed(BOX_KEY_BYTES),
    signature: reader.fixed(SIGNATURE_BYTES),
  };
  reader.done();
  return answer;
}
