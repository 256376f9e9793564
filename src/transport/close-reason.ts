import { type Bytes, fromUtf8, utf8 } from "../base/bytes.ts";

/** Bytes of a close reason that travel. */
export const REASON_BYTES_MAX = 256;

/** The reason as bytes, cut to what travels, at the border of a character. */
export function reasonBytes(reason: string): Bytes {
  const bytes = utf8(reason.slice(0, REASON_BYTES_MAX));
  if (bytes.length <= REASON_BYTES_MAX) return bytes;
  let end = REASON_BYTES_MAX;
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

/** The reason cut to what travels. */
export function shortReason(reason: string): string {
  if (reason.length * 3 <= REASON_BYTES_MAX) return reason;
  return fromUtf8(reasonBytes(reason));
}
