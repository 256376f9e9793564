import { createCipheriv, createDecipheriv } from "node:crypto";
import { expandLabel, nonceOf } from "./packets.ts";

/** Types of records (RFC 8446, 5.1). */
export const RECORD = { cipherSpec: 20, alert: 21, handshake: 22, data: 23 } as const;

const HEADER_BYTES = 5;
const TAG_BYTES = 16;

export interface Record {
  readonly type: number;
  readonly content: Buffer;
}

/** One direction of TLS's record protection (RFC 8446, 5.2), with AES-128-GCM and SHA-256. */
export class RecordKeys {
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #number = 0;

  constructor(secret: Uint8Array) {
    const none = Buffer.alloc(0);
    this.#key = expandLabel(secret, "key", none, 16);
    this.#iv = expandLabel(secret, "iv", none, 12);
  }

  seal(type: number, content: Buffer): Buffer {
    const header = head(RECORD.data, content.length + 1 + TAG_BYTES);
    const cipher = createCipheriv("aes-128-gcm", this.#key, nonceOf(this.#iv, this.#number++));
    cipher.setAAD(header);
    const inner = Buffer.concat([content, Buffer.from([type])]);
    return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  }

  open(record: Buffer): Record {
    const decipher = createDecipheriv("aes-128-gcm", this.#key, nonceOf(this.#iv, this.#number++));
    decipher.setAAD(record.subarray(0, HEADER_BYTES));
    decipher.setAuthTag(record.subarray(record.length - TAG_BYTES));
    const sealed = record.subarray(HEADER_BYTES, record.length - TAG_BYTES);
    const inner = Buffer.concat([decipher.update(sealed), decipher.final()]);
    let end = inner.length;
    while (inner[end - 1] === 0) end -= 1;
    return { type: inner[end - 1] as number, content: inner.subarray(0, end - 1) };
  }
}

export function plainRecord(type: number, content: Buffer): Buffer {
  return Buffer.concat([head(type, content.length), content]);
}

function head(type: number, length: number): Buffer {
  return Buffer.from([type, 3, 3, length >> 8, length & 0xff]);
}

/** Cuts a stream into records. */
export class RecordCutter {
  #kept: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): Buffer[] {
    this.#kept = Buffer.concat([this.#kept, bytes]);
    const records: Buffer[] = [];
    for (;;) {
      if (this.#kept.length < HEADER_BYTES) return records;
      const end = HEADER_BYTES + this.#kept.readUInt16BE(3);
      if (this.#kept.length < end) return records;
      records.push(this.#kept.subarray(0, end));
      this.#kept = this.#kept.subarray(end);
    }
  }
}
