import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { fromBase64Url, toBase64Url } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";

/** Bytes of a public key, of a seed and of a shared secret of X25519 (RFC 7748). */
export const X25519_BYTES = 32;

/** A pair of keys; the private one does not leave it. */
export interface KeyPair {
  readonly publicKey: Bytes;
  readonly privateKey: KeyObject;
}

/** The pair behind 32 secret bytes. */
export function keyPairFrom(seed: Bytes): KeyPair {
  // As JSON, because OpenSSL takes ten times as long to find out what kind of key some DER holds. It makes the
  // public half itself and does not look at the one that has to be named.
  const text = toBase64Url(seed);
  const key = { kty: "OKP", crv: "X25519", d: text, x: text };
  const privateKey = createPrivateKey({ key, format: "jwk" });
  return { publicKey: fromBase64Url(privateKey.export({ format: "jwk" }).x as string), privateKey };
}

/**
 * The secret that both ends come to.
 *
 * @throws {MeshError} `bad_record` on a public key of small order, with which everybody would come to the same.
 */
export function sharedSecret({ privateKey }: KeyPair, publicKey: Bytes): Bytes {
  const key = { kty: "OKP", crv: "X25519", x: toBase64Url(publicKey) };
  try {
    const theirs = createPublicKey({ key, format: "jwk" });
    return new Uint8Array(diffieHellman({ privateKey, publicKey: theirs }));
  } catch (cause) {
    throw new MeshError("bad_record", "a public key for sealing is refused", { cause });
  }
}
