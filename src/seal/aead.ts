import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { AeadModule } from "./aead-module.ts";

/** Bytes of a key of ChaCha20-Poly1305 (RFC 8439). */
export const KEY_BYTES = 32;

/** Bytes of its nonce. */
export const NONCE_BYTES = 12;

/** Bytes that a sealed text is longer. */
export const TAG_BYTES = 16;

/** What OpenSSL is given at once. */
const PIECE_BYTES: number = 64 << 10;

const ALGORITHM = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_BYTES };

/*
 * OpenSSL is the faster one per byte, but takes 4 us to begin; the module takes 0.1. They are compared once, at
 * the first use, and where they differ or there is no module OpenSSL does it all.
 */
let module: AeadModule | undefined | null = null;

function moduleFor(length: number): AeadModule | undefined {
  if (module === null) module = AeadModule.load(sealWithOpenSsl);
  return module !== undefined && length <= AeadModule.lengthMax ? module : undefined;
}

/**
 * Seals `bytes[text, end)` in place and writes the tag into the 16 bytes behind it; `bytes[head, text)` is bound to it. A
 * nonce is never used twice with one key.
 */
export function sealInPlace(
  key: Bytes,
  nonce: Bytes,
  bytes: Bytes,
  head: number,
  text: number,
  end: number,
): void {
  const small = moduleFor(end - head + TAG_BYTES);
  if (small === undefined) sealWithOpenSsl(key, nonce, bytes, head, text, end);
  else small.seal(key, nonce, bytes, head, text, end);
}

/**
 * Opens `bytes[text, end)`, whose last 16 bytes are the tag, in place. False where key, nonce, text or what is
 * bound to it is another one; what is in its place then means nothing.
 */
export function openInPlace(
  key: Bytes,
  nonce: Bytes,
  bytes: Bytes,
  head: number,
  text: number,
  end: number,
): boolean {
  if (end - text < TAG_BYTES) return false;
  const small = moduleFor(end - head);
  return small === undefined
    ? openWithOpenSsl(key, nonce, bytes, head, text, end)
    : small.open(key, nonce, bytes, head, text, end);
}

function sealWithOpenSsl(
  key: Bytes,
  nonce: Bytes,
  bytes: Bytes,
  head: number,
  text: number,
  end: number,
): void {
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS);
  cipher.setAAD(bytes.subarray(head, text), { plaintextLength: end - text });
  throughCipher(cipher, bytes, text, end);
  cipher.final();
  bytes.set(cipher.getAuthTag(), end);
}

function openWithOpenSsl(
  key: Bytes,
  nonce: Bytes,
  bytes: Bytes,
  head: number,
  text: number,
  end: number,
): boolean {
  const tagAt = end - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS);
  decipher.setAAD(bytes.subarray(head, text), { plaintextLength: tagAt - text });
  decipher.setAuthTag(bytes.subarray(tagAt, end));
  throughCipher(decipher, bytes, text, tagAt);
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** In pieces, so that a body of megabytes needs no memory for another one. */
function throughCipher(cipher: Cipher | Decipher, bytes: Bytes, start: number, end: number): void {
  for (let at = start; at < end; at += PIECE_BYTES) {
    bytes.set(cipher.update(bytes.subarray(at, Math.min(end, at + PIECE_BYTES))), at);
  }
}
