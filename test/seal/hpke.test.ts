import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { setUpRecipient, setUpSender } from "../../src/seal/hpke.ts";
import { keyPairFrom, sharedSecret } from "../../src/seal/x25519.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

/** RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode. */
const A_2_1 = {
  info: hex("4f6465206f6e2061204772656369616e2055726e"),
  skE: hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"),
  skR: hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"),
  pkR: "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
  enc: "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
  text: hex("4265617574792069732074727574682c20747275746820626561757479"),
  sealed: [
    [
      0,
      "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
    ],
    [
      1,
      "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c",
    ],
    [
      2,
      "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b",
    ],
    [
      4,
      "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122bb153495ff0b02e9e54a50dbe16",
    ],
    [
      255,
      "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b8880a5f6b3936da9cd6c23ef2a95c",
    ],
    [
      256,
      "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e727a5b",
    ],
  ],
  exported: [
    ["", "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e"],
    ["00", "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69"],
    ["54657374436f6e74657874", "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53"],
  ],
} as const;

describe("HPKE", () => {
  const ephemeral = keyPairFrom(A_2_1.skE);
  const recipient = keyPairFrom(A_2_1.skR);
  const sender = setUpSender(recipient.publicKey, A_2_1.info, ephemeral);
  const receiver = setUpRecipient(ephemeral.publicKey, recipient, A_2_1.info);

  it("makes the keys of the RFC's vector", () => {
    expect(toHex(recipient.publicKey)).toBe(A_2_1.pkR);
    expect(toHex(ephemeral.publicKey)).toBe(A_2_1.enc);
  });

  it.each(A_2_1.sealed)("seals and opens message %i of the RFC's vector", (sequence, sealed) => {
    const aad = utf8(`Count-${sequence}`);
    expect(toHex(sender.seal(sequence, aad, A_2_1.text))).toBe(sealed);
    expect(receiver.open(sequence, aad, hex(sealed))).toEqual(A_2_1.text);
  });

  it.each(A_2_1.exported)("exports for context %j what the RFC says", (context, secret) => {
    expect(toHex(sender.export(hex(context), 32))).toBe(secret);
    expect(toHex(receiver.export(hex(context), 32))).toBe(secret);
  });

  it("opens nothing that differs in one bit, in its sequence number or in what is bound to it", () => {
    const aad = utf8("bound");
    const sealed = sender.seal(7, aad, A_2_1.text);
    expect(receiver.open(7, aad, sealed)).toEqual(A_2_1.text);
    expect(receiver.open(8, aad, sealed)).toBeUndefined();
    expect(receiver.open(7, utf8("other"), sealed)).toBeUndefined();
    expect(receiver.open(7, aad, sealed.subarray(0, 15))).toBeUndefined();
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(receiver.open(7, aad, changed)).toBeUndefined();
    }
  });

  it("comes to another secret where the key, the ephemeral key or the info is another", () => {
    const other = keyPairFrom(new Uint8Array(32).fill(3));
    const secrets = [
      receiver,
      setUpRecipient(ephemeral.publicKey, recipient, utf8("other")),
      setUpRecipient(other.publicKey, recipient, A_2_1.info),
      setUpRecipient(ephemeral.publicKey, other, A_2_1.info),
    ].map((context) => toHex(context.export(utf8("x"), 32)));
    expect(new Set(secrets).size).toBe(4);
  });

  it("refuses public keys of small order", () => {
    const zero = new Uint8Array(32);
    expect(failure(() => setUpSender(zero, A_2_1.info, ephemeral))).toBe("bad_record");
    expect(failure(() => setUpRecipient(zero, recipient, A_2_1.info))).toBe("bad_record");
  });

  it("agrees at both ends, whatever the seeds", () => {
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(seed, seed, (one, two) => {
        const [a, b] = [keyPairFrom(one), keyPairFrom(two)];
        expect(sharedSecret(a, b.publicKey)).toEqual(sharedSecret(b, a.publicKey));
        expect(concat(a.publicKey).length).toBe(32);
      }),
      { numRuns: 20 },
    );
  });
});
