import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { concat, fromHex, toBase64Url, toHex } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, toNodeId } from "../base/id.ts";

/** Bytes of an Ed25519 seed, the only secret a node has (RFC 8032, 5.1.5). */
export const SEED_BYTES = 32;

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;

/** Somebody who can sign: a node's identity, or a cheap stand-in of it in large simulations. */
export interface Signer {
  readonly id: NodeId;
  /** Signs `message`. The caller puts a domain prefix in front of it. */
  sign(message: Bytes): Bytes;
}

/** Whether `signature` over `message` is that of the node `id`. Never throws. */
export type Verify = (id: NodeId, message: Bytes, signature: Bytes) => boolean;

// ASN.1 around a raw key, fixed by RFC 8410: PKCS #8 private key and SubjectPublicKeyInfo.
const PKCS8_PREFIX = fromHex("302e020100300506032b657004220420") as Bytes;
const SPKI_PREFIX = fromHex("302a300506032b6570032100") as Bytes;

/** DER (PKCS #8) of the private key behind `seed`. Throws `bad_key_file` on a seed of another length. */
export function privateKeyDer(seed: Bytes): Bytes {
  if (seed.length !== SEED_BYTES) {
    throw new MeshError("bad_key_file", `a key has ${SEED_BYTES} bytes, not ${seed.length}`);
  }
  return concat(PKCS8_PREFIX, seed);
}

/** The signer behind a 32-byte seed. Throws `bad_key_file` on any other length. */
export function signerFromSeed(seed: Bytes): Signer {
  const key = createPrivateKey({
    key: privateKeyDer(seed) as Buffer,
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const id = toNodeId(new Uint8Array(spki.subarray(SPKI_PREFIX.length)));
  return { id, sign: (message) => new Uint8Array(signWith(null, message, key)) };
}

/*
 * Points whose order divides 8, in every encoding that OpenSSL reads, the sign bit cleared. Under such a key a
 * signature over anything can be made by everybody, so it is nobody's id.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Ed25519 verification by OpenSSL; refuses the keys of small order, which it lets through. */
export const verify: Verify = (id, message, signature) => {
  if (signature.length !== SIGNATURE_BYTES || isSmallOrder(id)) return false;
  const key = publicKey(id);
  return key !== undefined && verifyWith(null, message, key, signature);
};

function isSmallOrder(id: NodeId): boolean {
  const last = id.length - 1;
  return SMALL_ORDER.has(toHex(id, 0, last) + toHex(Uint8Array.of((id[last] as number) & 0x7f)));
}

function publicKey(id: NodeId): KeyObject | undefined {
  try {
    // As JSON, because OpenSSL takes eight times as long to find out what kind of key some DER holds.
    const key = { kty: "OKP", crv: "Ed25519", x: toBase64Url(id) };
    return createPublicKey({ key, format: "jwk" });
  } catch {
    return undefined; // Not a point of the curve: nobody owns that id.
  }
}
