import { type Bytes, matchesAt } from "../base/bytes.ts";
import { SECRET_BYTES } from "../wire/punch.ts";

/** First byte of a knock; without bit 0x40, so that no QUIC packet begins with it. */
const KNOCK = 0x20;

const KNOCK_BYTES: number = 1 + SECRET_BYTES + 1;

/** A raw packet that opens a way through a NAT, or proves that it is open. */
export interface Knock {
  /** Of who gets it: it has told it to nobody but the sender. */
  readonly secret: Bytes;
  /** The sender has got a knock from where it sends this one to. */
  readonly isHeard: boolean;
}

export function writeKnock({ secret, isHeard }: Knock): Bytes {
  const bytes = new Uint8Array(KNOCK_BYTES);
  bytes[0] = KNOCK;
  bytes.set(secret, 1);
  bytes[KNOCK_BYTES - 1] = isHeard ? 1 : 0;
  return bytes;
}

/** `undefined` where it is none. */
export function readKnock(bytes: Bytes): Knock | undefined {
  const last = bytes[KNOCK_BYTES - 1] as number;
  if (bytes.length !== KNOCK_BYTES || bytes[0] !== KNOCK || last > 1) return undefined;
  return { secret: bytes.slice(1, 1 + SECRET_BYTES), isHeard: last === 1 };
}

/** Whether `knock` shows `secret`. */
export function showsSecret({ secret }: Knock, expected: Bytes): boolean {
  return matchesAt(secret, 0, expected);
}
