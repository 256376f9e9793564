import { fromUtf8, utf8 } from "../../base/bytes.ts";

/** Bytes of a close reason that travel. */
const REASON_BYTES_MAX = 256;

/** The reason cut to what travels, at the border of a character. */
export function shortReason(reason: string): string {
  if (reason.length * 3 <= REASON_BYTES_MAX) return reason;
  const bytes = utf8(reason);
  if (bytes.length <= REASON_BYTES_MAX) return reason;
  let end = REASON_BYTES_MAX;
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return fromUtf8(bytes.subarray(0, end));
}
