import { hash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { KEY_BYTES, NONCE_BYTES, openInPlace, sealInPlace, TAG_BYTES } from "./aead.ts";
import { type KeyPair, sharedSecret, X25519_BYTES } from "./x25519.ts";

/*
 * Hybrid public key encryption (RFC 9180) in base mode, with the one suite that is used: DHKEM(X25519,
 * HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. Names are those of the RFC.
 */
const HASH_BYTES = 32;
const BLOCK_BYTES = 64;
const VERSION = utf8("HPKE-v1");
const KEM_SUITE = concat(utf8("KEM"), Uint8Array.of(0x00, 0x20));
const SUITE = concat(utf8("HPKE"), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x03));
const MODE_BASE = Uint8Array.of(0);
const NOTHING: Bytes = new Uint8Array(0);

/** Of nothing but the suite and the mode, and so the same each time. */
const PSK_ID_HASH = labeledExtract(SUITE, NOTHING, "psk_id_hash", NOTHING);

/** What both ends hold after the set-up. */
export class HpkeContext {
  readonly #key: Bytes;
  readonly #baseNonce: Bytes;
  readonly #exporterSecret: Bytes;

  constructor(key: Bytes, baseNonce: Bytes, exporterSecret: Bytes) {
    this.#key = key;
    this.#baseNonce = baseNonce;
    this.#exporterSecret = exporterSecret;
  }

  /** The `sequence`-th message of the sender. None is sealed twice. */
  seal(sequence: number, aad: Bytes, text: Bytes): Bytes {
    const bytes = concat(aad, text, new Uint8Array(TAG_BYTES));
    const end = aad.length + text.length;
    sealInPlace(this.#key, this.#nonce(sequence), bytes, 0, aad.length, end);
    return bytes.subarray(aad.length);
  }

  /** What the sender has sealed as its `sequence`-th message; `undefined` where it is another one, or has been changed. */
  open(sequence: number, aad: Bytes, sealed: Bytes): Bytes | undefined {
    const bytes = concat(aad, sealed);
    const nonce = this.#nonce(sequence);
    if (!openInPlace(this.#key, nonce, bytes, 0, aad.length, bytes.length)) return undefined;
    return bytes.subarray(aad.length, bytes.length - TAG_BYTES);
  }

  /** A secret of its own for each `context`, the same at both ends. */
  export(context: Bytes, length: number): Bytes {
    return labeledExpand(SUITE, this.#exporterSecret, "sec", context, length);
  }

  #nonce(sequence: number): Bytes {
    const nonce = this.#baseNonce.slice();
    let rest = sequence;
    for (let at = nonce.length - 1; rest > 0; at--) {
      nonce[at] = (nonce[at] as number) ^ (rest % 256);
      rest = Math.floor(rest / 256);
    }
    return nonce;
  }
}

/**
 * Sets up towards the owner of a public key. The ephemeral pair is made for this one time; its public half is
 * what the recipient needs (`enc`).
 *
 * @throws {MeshError} `bad_record` on a recipient's key of small order.
 */
export function setUpSender(recipient: Bytes, info: Bytes, ephemeral: KeyPair): HpkeContext {
  const dh = sharedSecret(ephemeral, recipient);
  return keySchedule(dh, concat(ephemeral.publicKey, recipient), info);
}

/**
 * Sets up as the recipient.
 *
 * @throws {MeshError} `bad_record` on an `enc` of small order.
 */
export function setUpRecipient(enc: Bytes, own: KeyPair, info: Bytes): HpkeContext {
  return keySchedule(sharedSecret(own, enc), concat(enc, own.publicKey), info);
}

function keySchedule(dh: Bytes, kemContext: Bytes, info: Bytes): HpkeContext {
  const prk = labeledExtract(KEM_SUITE, NOTHING, "eae_prk", dh);
  const shared = labeledExpand(KEM_SUITE, prk, "shared_secret", kemContext, X25519_BYTES);
  const infoHash = labeledExtract(SUITE, NOTHING, "info_hash", info);
  const context = concat(MODE_BASE, PSK_ID_HASH, infoHash);
  const secret = labeledExtract(SUITE, shared, "secret", NOTHING);
  return new HpkeContext(
    labeledExpand(SUITE, secret, "key", context, KEY_BYTES),
    labeledExpand(SUITE, secret, "base_nonce", context, NONCE_BYTES),
    labeledExpand(SUITE, secret, "exp", context, HASH_BYTES),
  );
}

function labeledExtract(suite: Bytes, salt: Bytes, label: string, material: Bytes): Bytes {
  return hmac(salt, concat(VERSION, suite, utf8(label), material));
}

/** HKDF-Expand of one block: no length that is asked for needs a second one. */
function labeledExpand(
  suite: Bytes,
  secret: Bytes,
  label: string,
  info: Bytes,
  length: number,
): Bytes {
  const lengthBytes = Uint8Array.of(length >> 8, length & 0xff);
  const labeled = concat(lengthBytes, VERSION, suite, utf8(label), info, Uint8Array.of(1));
  return hmac(secret, labeled).slice(0, length);
}

/**
 * HMAC-SHA256 (RFC 2104) with a key of at most a block. Of two hashes, because those leave no object behind that waits for
 * a full collection, as `createHmac` does with a kilobyte.
 */
function hmac(key: Bytes, message: Bytes): Bytes {
  const inner = new Uint8Array(BLOCK_BYTES + message.length);
  const outer = new Uint8Array(BLOCK_BYTES + HASH_BYTES);
  inner.set(key);
  outer.set(key);
  for (let at = 0; at < BLOCK_BYTES; at++) {
    inner[at] = (inner[at] as number) ^ 0x36;
    outer[at] = (outer[at] as number) ^ 0x5c;
  }
  inner.set(message, BLOCK_BYTES);
  outer.set(hash("sha256", inner, "buffer"), BLOCK_BYTES);
  return new Uint8Array(hash("sha256", outer, "buffer"));
}
