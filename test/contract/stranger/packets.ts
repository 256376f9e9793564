import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";

/*
 * As much of QUIC's packet protection (RFC 9001) as a client needs that only ever shakes hands, with
 * AES-128-GCM and SHA-256. Written for tests, so that what is tested is not tested by itself.
 */

const VERSION = Buffer.from("00000001", "hex");
const INITIAL_SALT = Buffer.from("38762cf7f55934b34d179ae6a4c80cadccbb7f0a", "hex");
const TAG_BYTES = 16;

export type Space = "initial" | "handshake" | "application";

export interface Keys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly mask: Buffer;
}

export function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

/** HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1), for at most 32 bytes. */
export function expandLabel(
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 0xff, name.length]),
    name,
    Buffer.from([context.length]),
    context,
    Buffer.from([1]),
  ]);
  return hmac(secret, info).subarray(0, length);
}

export function packetKeys(secret: Uint8Array): Keys {
  const none = Buffer.alloc(0);
  return {
    key: expandLabel(secret, "quic key", none, 16),
    iv: expandLabel(secret, "quic iv", none, 12),
    mask: expandLabel(secret, "quic hp", none, 16),
  };
}

export function initialKeys(destination: Uint8Array): { client: Keys; server: Keys } {
  const secret = hmac(INITIAL_SALT, destination);
  const side = (name: string): Keys =>
    packetKeys(expandLabel(secret, `${name} in`, Buffer.alloc(0), 32));
  return { client: side("client"), server: side("server") };
}

/** A whole number as QUIC writes it (RFC 9000, 16). */
export function varint(value: number): Buffer {
  if (value < 0x40) return Buffer.from([value]);
  if (value < 0x4000) return Buffer.from([0x40 | (value >> 8), value & 0xff]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  bytes[0] = (bytes[0] as number) | 0x80;
  return bytes;
}

export class Reader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Buffer {
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  varint(): number {
    const first = this.byte();
    let value = first & 0x3f;
    for (let more = (1 << (first >> 6)) - 1; more > 0; more--) value = value * 256 + this.byte();
    return value;
  }
}

/** A protected packet with a long header. */
export function sealLong(options: {
  readonly space: "initial" | "handshake";
  readonly keys: Keys;
  readonly number: number;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly payload: Uint8Array;
}): Buffer {
  const { space, keys, number, destination, source, payload } = options;
  const length = 4 + payload.length + TAG_BYTES;
  const header = Buffer.concat([
    Buffer.from([space === "initial" ? 0xc3 : 0xe3]),
    VERSION,
    Buffer.from([destination.length]),
    destination,
    Buffer.from([source.length]),
    source,
    space === "initial" ? Buffer.from([0]) : Buffer.alloc(0),
    Buffer.from([0x40 | (length >> 8), length & 0xff]),
    Buffer.from([0, 0, 0, number]),
  ]);
  const cipher = createCipheriv("aes-128-gcm", keys.key, nonceOf(keys.iv, number));
  cipher.setAAD(header);
  const sealed = Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
  const packet = Buffer.concat([header, sealed]);
  const mask = headerMask(keys, packet, header.length);
  packet[0] = (packet[0] as number) ^ ((mask[0] as number) & 0x0f);
  for (let at = 0; at < 4; at++) {
    const place = header.length - 4 + at;
    packet[place] = (packet[place] as number) ^ (mask[1 + at] as number);
  }
  return packet;
}

export interface Opened {
  readonly space: Space;
  readonly source: Buffer | undefined;
  readonly payload: Buffer;
}

/** Opens the packets of one datagram; those without keys are left out. */
export function openDatagram(
  datagram: Buffer,
  ownIdLength: number,
  keysOf: (space: Space) => Keys | undefined,
): Opened[] {
  const opened: Opened[] = [];
  let rest = datagram;
  while (rest.length > 0) {
    const packet = readHeader(rest, ownIdLength);
    const keys = keysOf(packet.space);
    const payload = keys === undefined ? undefined : unseal(rest, packet, keys);
    if (payload !== undefined) opened.push({ ...packet, payload });
    rest = rest.subarray(packet.end);
  }
  return opened;
}

interface Header {
  readonly space: Space;
  readonly source: Buffer | undefined;
  readonly numberAt: number;
  readonly end: number;
}

function readHeader(bytes: Buffer, ownIdLength: number): Header {
  const first = bytes[0] as number;
  if ((first & 0x80) === 0) {
    const numberAt = 1 + ownIdLength;
    return { space: "application", source: undefined, numberAt, end: bytes.length };
  }
  const reader = new Reader(bytes, 5);
  reader.take(reader.byte());
  const source = reader.take(reader.byte());
  const space = ((first >> 4) & 0x03) === 0 ? "initial" : "handshake";
  if (space === "initial") reader.take(reader.varint());
  const length = reader.varint();
  return { space, source, numberAt: reader.at, end: reader.at + length };
}

function unseal(bytes: Buffer, { numberAt, end }: Header, keys: Keys): Buffer | undefined {
  const packet = Buffer.from(bytes.subarray(0, end));
  const mask = headerMask(keys, packet, numberAt + 4);
  const long = ((packet[0] as number) & 0x80) !== 0;
  packet[0] = (packet[0] as number) ^ ((mask[0] as number) & (long ? 0x0f : 0x1f));
  const numberBytes = ((packet[0] as number) & 0x03) + 1;
  let number = 0;
  for (let at = 0; at < numberBytes; at++) {
    packet[numberAt + at] = (packet[numberAt + at] as number) ^ (mask[1 + at] as number);
    number = number * 256 + (packet[numberAt + at] as number);
  }
  const bodyAt = numberAt + numberBytes;
  try {
    const decipher = createDecipheriv("aes-128-gcm", keys.key, nonceOf(keys.iv, number));
    decipher.setAAD(packet.subarray(0, bodyAt));
    decipher.setAuthTag(packet.subarray(end - TAG_BYTES));
    return Buffer.concat([
      decipher.update(packet.subarray(bodyAt, end - TAG_BYTES)),
      decipher.final(),
    ]);
  } catch {
    return undefined;
  }
}

/** The mask over a header; `end` is where a packet number of four bytes would end. */
function headerMask(keys: Keys, packet: Buffer, end: number): Buffer {
  const cipher = createCipheriv("aes-128-ecb", keys.mask, null);
  return cipher.update(packet.subarray(end, end + 16));
}

export function nonceOf(iv: Buffer, number: number): Buffer {
  const bytes = Buffer.from(iv);
  bytes.writeUInt32BE((bytes.readUInt32BE(8) ^ number) >>> 0, 8);
  return bytes;
}
