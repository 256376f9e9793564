import type { Bytes } from "../base/bytes.ts";
import { concat, equalBytes, fromHex, utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { ID_BYTES, idText, type NodeId, toNodeId } from "../base/id.ts";
import { privateKeyDer, SIGNATURE_BYTES, signerFromSeed, verify } from "./keys.ts";

/** What TLS needs to speak for a node. */
export interface Credentials {
  readonly id: NodeId;
  /** DER of the self-signed X.509 certificate whose key is `id`. */
  readonly certificate: Bytes;
  /** DER of the PKCS #8 private key. Never logged. */
  readonly privateKey: Bytes;
}

/*
 * A mesh certificate is a pure function of its key: X.509 v3, serial 1, issuer and subject CN = the id in
 * hexadecimal, valid 1970 to 9999 (a key does not age), Ed25519, no extensions. So a peer's certificate is
 * checked by rebuilding it, and no ASN.1 parser ever sees hostile bytes.
 */
const ED25519 = hex("300506032b6570");
const VERSION_AND_SERIAL = hex("a003020102020101");
const VALIDITY = tagged(
  0x30,
  concat(tagged(0x17, utf8("700101000000Z")), tagged(0x18, utf8("99991231235959Z"))),
);
const COMMON_NAME = hex("0603550403");
const NO_UNUSED_BITS = hex("00");

/** Length of every mesh certificate. */
export const CERTIFICATE_BYTES: number = certificateBytes(
  toNodeId(new Uint8Array(ID_BYTES)),
  new Uint8Array(SIGNATURE_BYTES),
).length;

// The key is the last element of the signed part; behind it stand the algorithm and the signature.
const KEY_OFFSET = CERTIFICATE_BYTES - (ED25519.length + 3 + SIGNATURE_BYTES) - ID_BYTES;

/** The credentials of the node whose key has this 32-byte seed. Throws `bad_key_file` on another length. */
export function createIdentity(seed: Bytes): Credentials {
  const signer = signerFromSeed(seed);
  const signature = signer.sign(toBeSigned(signer.id));
  return {
    id: signer.id,
    certificate: certificateBytes(signer.id, signature),
    privateKey: privateKeyDer(seed),
  };
}

/**
 * The node that a certificate speaks for. TLS has proven that the peer holds the key; here is proven that
 * the certificate is a mesh certificate and says nothing else.
 *
 * @throws {MeshError} `bad_certificate`, with the reason.
 */
export function readCertificate(der: Bytes): NodeId {
  if (der.length !== CERTIFICATE_BYTES) throw refusal(`it has ${der.length} bytes`);
  const id = toNodeId(der.slice(KEY_OFFSET, KEY_OFFSET + ID_BYTES));
  const signature = der.slice(der.length - SIGNATURE_BYTES);
  if (!equalBytes(certificateBytes(id, signature), der)) {
    throw refusal("it is not the certificate that follows from its Ed25519 key");
  }
  if (!verify(id, toBeSigned(id), signature)) throw refusal("its signature is wrong");
  return id;
}

function refusal(reason: string): MeshError {
  return new MeshError(
    "bad_certificate",
    `the peer's certificate is refused: ${reason}; a mesh certificate has ${CERTIFICATE_BYTES} bytes and is made from the node's key`,
  );
}

function toBeSigned(id: NodeId): Bytes {
  const commonName = concat(COMMON_NAME, tagged(0x0c, utf8(idText(id))));
  const name = tagged(0x30, tagged(0x31, tagged(0x30, commonName)));
  const key = tagged(0x30, concat(ED25519, tagged(0x03, concat(NO_UNUSED_BITS, id))));
  return tagged(0x30, concat(VERSION_AND_SERIAL, ED25519, name, VALIDITY, name, key));
}

function certificateBytes(id: NodeId, signature: Bytes): Bytes {
  const bits = tagged(0x03, concat(NO_UNUSED_BITS, signature));
  return tagged(0x30, concat(toBeSigned(id), ED25519, bits));
}

/** One DER element (X.690) of up to 65,535 bytes. */
function tagged(tag: number, content: Bytes): Bytes {
  const length = content.length;
  if (length < 0x80) return concat(Uint8Array.of(tag, length), content);
  if (length < 0x100) return concat(Uint8Array.of(tag, 0x81, length), content);
  return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), content);
}

function hex(text: string): Bytes {
  return fromHex(text) as Bytes;
}
