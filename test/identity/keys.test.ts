import { createPublicKey, verify as verifyWith } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { toNodeId } from "../../src/base/id.ts";
import {
  privateKeyDer,
  SEED_BYTES,
  SIGNATURE_BYTES,
  signerFromSeed,
  verify,
} from "../../src/identity/keys.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";

const hex = (text: string) => fromHex(text) as Uint8Array;
const seed = (byte: number) => new Uint8Array(SEED_BYTES).fill(byte);

describe("a signer", () => {
  // RFC 8032, 7.1, TEST 2.
  it("signs as the standard's own example does", () => {
    const signer = signerFromSeed(
      hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
    );
    expect(toHex(signer.id)).toBe(
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    );
    expect(toHex(signer.sign(hex("72")))).toBe(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
  });

  it("is the same for the same seed and another for another", () => {
    expect(signerFromSeed(seed(1)).id).toEqual(signerFromSeed(seed(1)).id);
    expect(signerFromSeed(seed(1)).id).not.toEqual(signerFromSeed(seed(2)).id);
  });

  it.each([0, 31, 33, 64])("is not made from %i bytes", (length) => {
    expect(failure(() => signerFromSeed(new Uint8Array(length)))).toBe("bad_key_file");
    expect(failure(() => privateKeyDer(new Uint8Array(length)))).toBe("bad_key_file");
  });
});

describe("a signature", () => {
  const signer = signerFromSeed(seed(1));
  const message = utf8("a call");
  const signature = signer.sign(message);

  it("is that of its signer over its message", () => {
    expect(signature).toHaveLength(SIGNATURE_BYTES);
    expect(verify(signer.id, message, signature)).toBe(true);
  });

  it("fails for another message, another signer or another length", () => {
    expect(verify(signer.id, utf8("a cal"), signature)).toBe(false);
    expect(verify(signerFromSeed(seed(2)).id, message, signature)).toBe(false);
    expect(verify(signer.id, message, signature.subarray(1))).toBe(false);
    expect(verify(signer.id, message, concat(signature, Uint8Array.of(0)))).toBe(false);
    expect(verify(signer.id, message, new Uint8Array(0))).toBe(false);
  });

  it("fails with any bit flipped", () => {
    fc.assert(
      fc.property(fc.nat(SIGNATURE_BYTES * 8 - 1), (bit) => {
        const flipped = signature.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(verify(signer.id, message, flipped)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it("fails with its scalar raised by the group's order", () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const scalar = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
    const raised = hex(scalar.toString(16).padStart(64, "0")).reverse();
    expect(verify(signer.id, message, concat(signature.slice(0, 32), raised))).toBe(false);
  });

  it("never throws, whatever the id", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (id) => {
        expect(verify(toNodeId(id), message, signature)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a key of small order", () => {
  const P_MINUS_1 = `ec${"ff".repeat(30)}7f`;
  const POINTS = [
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    P_MINUS_1,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
  ];
  const messages = Array.from({ length: 64 }, (_, number) => Uint8Array.of(number));

  it.each(POINTS)("signs nothing: %s", (point) => {
    for (const sign of [0, 0x80]) {
      const id = toNodeId(hex(point));
      id[31] = (id[31] as number) | sign;
      const forged = POINTS.map((first) => concat(hex(first), new Uint8Array(32)));
      const accepted = messages.filter((it) => forged.some((by) => verify(id, it, by)));
      expect(accepted).toEqual([]);
    }
  });

  it("would otherwise sign anything, without a private key", () => {
    const spki = concat(hex("302a300506032b6570032100"), hex(POINTS[1] as string));
    const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    const forged = concat(hex(POINTS[1] as string), new Uint8Array(32));
    expect(verifyWith(null, utf8("anything"), key, forged)).toBe(true);
  });
});
