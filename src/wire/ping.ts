import type { Bytes } from "../base/bytes.ts";
import { FieldReader } from "./reader.ts";
import type { FrameWriter } from "./writer.ts";

/** Payload of `ping` and `pong`: a number that comes back. */
export function writePing(writer: FrameWriter, number: number): void {
  writer.array(1);
  writer.uint(number);
}

/** Throws `bad_frame`. */
export function readPing(bytes: Bytes, start: number, end: number): number {
  const reader = new FieldReader(bytes, start, end);
  reader.array(1);
  const number = reader.uint();
  reader.done();
  return number;
}
