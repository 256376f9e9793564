import type { Bytes } from "../base/bytes.ts";
import { RECORD_BYTES_MAX } from "./hello.ts";
import { FieldReader } from "./reader.ts";
import type { FrameWriter } from "./writer.ts";

/** Payload of `contact_update`: the sender's signed contact, which stands from now on for the one in its hello. */
export function writeContactUpdate(writer: FrameWriter, contact: Bytes): void {
  writer.array(1);
  writer.bin(contact);
}

/** Throws `bad_frame`. */
export function readContactUpdate(bytes: Bytes, start: number, end: number): Bytes {
  const reader = new FieldReader(bytes, start, end);
  reader.array(1);
  const contact = reader.bin(RECORD_BYTES_MAX).slice();
  reader.done();
  return contact;
}
