import { createPrivateKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, fromHex, matchesAt, toHex, utf8 } from "../../src/base/bytes.ts";
import {
  CERTIFICATE_BYTES,
  createIdentity,
  readCertificate,
} from "../../src/identity/certificate.ts";
import { SIGNATURE_BYTES, signerFromSeed } from "../../src/identity/keys.ts";
import { failure } from "../base/failure.ts";

const hex = (text: string) => fromHex(text) as Uint8Array;
const seed = new Uint8Array(32).fill(7);
const identity = createIdentity(seed);
const other = createIdentity(new Uint8Array(32).fill(8));
const good = identity.certificate;

const ECDSA_SHA256 = hex("300a06082a8648ce3d040302");

/** Where `part` stands first in the certificate. Throws where it does not. */
function find(part: Uint8Array): number {
  for (let at = 0; at + part.length <= good.length; at++) if (matchesAt(good, at, part)) return at;
  throw new Error(`${toHex(part)} is not in the certificate`);
}

/** The certificate with the first `part` replaced by as many other bytes. */
function replaced(part: Uint8Array, by: Uint8Array): Uint8Array {
  const changed = good.slice();
  changed.set(by, find(part));
  return changed;
}

/** The signed part of the certificate with `change` applied, under a fresh signature of the same key. */
function resigned(change: (signed: Uint8Array) => void): Uint8Array {
  const changed = good.slice();
  // The signed part stands at 4: a tag, 0x81, one byte of length.
  const signed = changed.subarray(4, 7 + (good[6] as number));
  change(signed);
  changed.set(signerFromSeed(seed).sign(signed), good.length - SIGNATURE_BYTES);
  return changed;
}

/** A resigned certificate in which `part` is replaced. */
function resignedWith(part: Uint8Array, by: Uint8Array): Uint8Array {
  const at = find(part) - 4;
  return resigned((signed) => signed.set(by, at));
}

/** A certificate of the same outline around an ECDSA key of P-256, correctly signed by it. */
function otherCurve(): Uint8Array {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
  const nameAt = find(hex("304b"));
  const keyAt = find(concat(hex("302a300506032b6570032100"), identity.id));
  const names = good.subarray(nameAt, keyAt);
  const content = concat(hex("a003020102020101"), ECDSA_SHA256, names, spki);
  const signed = concat(
    hex("3082"),
    Uint8Array.of(content.length >> 8, content.length & 255),
    content,
  );
  const signature = new Uint8Array(sign("sha256", signed, privateKey));
  const bits = concat(Uint8Array.of(0x03, signature.length + 1, 0), signature);
  const body = concat(signed, ECDSA_SHA256, bits);
  return concat(hex("3082"), Uint8Array.of(body.length >> 8, body.length & 255), body);
}

describe("a certificate", () => {
  it("is read as the id it was made from", () => {
    expect(readCertificate(good)).toEqual(identity.id);
    expect(good).toHaveLength(CERTIFICATE_BYTES);
  });

  it("follows from the key alone", () => {
    expect(createIdentity(seed)).toEqual(identity);
  });

  it("is X.509 to an independent parser, self-signed, valid in 1970 and in 9999", () => {
    const parsed = new X509Certificate(Buffer.from(good));
    expect(parsed.subject).toBe(`CN=${toHex(identity.id)}`);
    expect(parsed.issuer).toBe(parsed.subject);
    expect(parsed.serialNumber).toBe("01");
    expect(parsed.validFrom).toBe("Jan  1 00:00:00 1970 GMT");
    expect(parsed.validTo).toBe("Dec 31 23:59:59 9999 GMT");
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.publicKey.asymmetricKeyType).toBe("ed25519");
  });

  it("belongs to the private key beside it", () => {
    const key = createPrivateKey({
      key: Buffer.from(identity.privateKey),
      format: "der",
      type: "pkcs8",
    });
    expect(new X509Certificate(Buffer.from(good)).checkPrivateKey(key)).toBe(true);
  });

  it("has a changed form that is correctly signed, so that the table below tests more than signatures", () => {
    const changed = resignedWith(utf8("99991231235959Z"), utf8("20200101000000Z"));
    const parsed = new X509Certificate(Buffer.from(changed));
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    const curve = new X509Certificate(Buffer.from(otherCurve()));
    expect(curve.verify(curve.publicKey)).toBe(true);
  });
});

const idDigits = utf8(toHex(identity.id));
const bad: readonly (readonly [string, () => Uint8Array])[] = [
  ["nothing", () => new Uint8Array(0)],
  ["zeros of the right length", () => new Uint8Array(CERTIFICATE_BYTES)],
  ["a last byte missing", () => good.slice(0, -1)],
  ["a first byte missing", () => good.slice(1)],
  ["a byte behind it", () => concat(good, Uint8Array.of(0))],
  ["a second certificate behind it", () => concat(good, other.certificate)],
  ["a megabyte", () => new Uint8Array(1 << 20).fill(0x30)],
  ["the bare key", () => identity.id],
  ["the private key", () => identity.privateKey],
  ["PEM text", () => utf8(`-----BEGIN CERTIFICATE-----\n${"A".repeat(500)}`)],
  ["a key of another curve", otherCurve],
  [
    "an all-zero signature",
    () => concat(good.slice(0, -SIGNATURE_BYTES), new Uint8Array(SIGNATURE_BYTES)),
  ],
  [
    "a signature of another certificate of the key",
    () => concat(good.slice(0, -SIGNATURE_BYTES), signerFromSeed(seed).sign(utf8("other"))),
  ],
  [
    "a signature by another key",
    () => concat(good.slice(0, -SIGNATURE_BYTES), other.certificate.slice(-SIGNATURE_BYTES)),
  ],
  ["another key under the old name", () => replaced(identity.id, other.id)],
  ["another name over the old key", () => replaced(idDigits, utf8(toHex(other.id)))],
  [
    "an expiry in the past, correctly signed",
    () => resignedWith(utf8("99991231235959Z"), utf8("20200101000000Z")),
  ],
  [
    "a start in the future, correctly signed",
    () => resignedWith(utf8("700101000000Z"), utf8("490101000000Z")),
  ],
  ["a serial of 2, correctly signed", () => resignedWith(hex("020101"), hex("020102"))],
  ["version 1, correctly signed", () => resignedWith(hex("a003020102"), hex("a003020100"))],
  [
    "a name in capitals, correctly signed",
    () => resignedWith(idDigits, utf8(toHex(identity.id).toUpperCase())),
  ],
  [
    "another kind of text, correctly signed",
    () => resignedWith(concat(hex("0c40"), idDigits), concat(hex("1340"), idDigits)),
  ],
  [
    "an organisation as name, correctly signed",
    () => resignedWith(hex("0603550403"), hex("060355040a")),
  ],
  ["Ed448 as algorithm", () => replaced(hex("06032b6570"), hex("06032b6571"))],
  [
    "unused bits in the key",
    () => replaced(concat(hex("00"), identity.id), concat(hex("01"), identity.id)),
  ],
  ["an indefinite length", () => concat(good.slice(0, 1), Uint8Array.of(0x80), good.slice(2))],
];

describe("a bad certificate is refused:", () => {
  it.each(bad)("%s", (_, make) => {
    expect(failure(() => readCertificate(make()))).toBe("bad_certificate");
  });

  it("any byte changed in any way that flips its bits", () => {
    for (let at = 0; at < good.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const flipped = good.slice();
        flipped[at] = (flipped[at] as number) ^ mask;
        expect(
          failure(() => readCertificate(flipped)),
          `byte ${at} ^ ${mask}`,
        ).toBe("bad_certificate");
      }
    }
  });

  it("any length but its own", () => {
    for (let length = 0; length < good.length; length++) {
      expect(failure(() => readCertificate(good.subarray(0, length)))).toBe("bad_certificate");
    }
  });

  it("with a reason that says what a mesh certificate is", () => {
    expect(() => readCertificate(good.subarray(1))).toThrow(
      `it has ${CERTIFICATE_BYTES - 1} bytes; a mesh certificate has ${CERTIFICATE_BYTES} bytes`,
    );
  });
});
