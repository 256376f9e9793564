import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { openInPlace, sealInPlace, TAG_BYTES } from "../../src/seal/aead.ts";
import { AeadModule } from "../../src/seal/aead-module.ts";
import fc from "../base/property.ts";

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Texts on both sides of what the module takes. */
const message = fc.record({
  key: exactly(32),
  nonce: exactly(12),
  head: fc.uint8Array({ maxLength: 300 }),
  text: fc.oneof(
    fc.uint8Array({ maxLength: 700 }),
    fc.uint8Array({ minLength: 1_700, maxLength: 2_200 }),
  ),
});

interface Message {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly head: Uint8Array;
  readonly text: Uint8Array;
}

interface Region {
  readonly bytes: Uint8Array;
  readonly head: number;
  readonly text: number;
  readonly end: number;
}

/** The message sealed, with foreign bytes on both sides of it. */
function sealed({ key, nonce, head, text }: Message): Region {
  const bytes = new Uint8Array(3 + head.length + text.length + TAG_BYTES + 3).fill(0xee);
  bytes.set(head, 3);
  bytes.set(text, 3 + head.length);
  const at = 3 + head.length;
  sealInPlace(key, nonce, bytes, 3, at, at + text.length);
  return { bytes, head: 3, text: at, end: at + text.length + TAG_BYTES };
}

describe("ChaCha20-Poly1305 in place", () => {
  it("is the vector of RFC 8439, section 2.8.2", () => {
    const text = new TextEncoder().encode(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const {
      bytes,
      text: at,
      end,
    } = sealed({
      key: Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index),
      nonce: fromHex("070000004041424344454647") as Uint8Array,
      head: fromHex("50515253c0c1c2c3c4c5c6c7") as Uint8Array,
      text,
    });
    expect(toHex(bytes, at, at + 16)).toBe("d31a8d34648e60db7b86afbc53ef7ec2");
    expect(toHex(bytes, end - 16, end)).toBe("1ae10b594f09e26a7e902ecbd0600691");
  });

  it("is what OpenSSL makes, whatever the length, and touches nothing around it", () => {
    fc.assert(
      fc.property(message, (it) => {
        const { bytes, text, end } = sealed(it);
        const cipher = createCipheriv("chacha20-poly1305", it.key, it.nonce, { authTagLength: 16 });
        cipher.setAAD(it.head, { plaintextLength: it.text.length });
        const expected =
          toHex(cipher.update(it.text)) + toHex(cipher.final()) + toHex(cipher.getAuthTag());
        expect(toHex(bytes, text, end)).toBe(expected);
        expect(toHex(bytes, 3, text)).toBe(toHex(it.head));
        expect(toHex(bytes, 0, 3) + toHex(bytes, end)).toBe("eeeeeeeeeeee");
      }),
    );
  });

  it("opens what was sealed, and nothing in which a bit is another", () => {
    fc.assert(
      fc.property(message, fc.nat(), (it, where) => {
        const { bytes, head, text, end } = sealed(it);
        const bit = where % ((end - head) * 8);
        const at = head + (bit >> 3);
        const changed = bytes.slice();
        changed[at] = (changed[at] as number) ^ (1 << (bit & 7));
        expect(openInPlace(it.key, it.nonce, changed, head, text, end)).toBe(false);
        expect(openInPlace(it.key, it.nonce, bytes, head, text, end)).toBe(true);
        expect(toHex(bytes, text, end - TAG_BYTES)).toBe(toHex(it.text));
      }),
    );
  });

  it("opens nothing that is shorter than a tag", () => {
    const bytes = new Uint8Array(40);
    expect(openInPlace(new Uint8Array(32), new Uint8Array(12), bytes, 0, 20, 35)).toBe(false);
  });

  it("is done without the module where that does not agree with OpenSSL", () => {
    expect(AeadModule.load(() => {})).toBeUndefined();
  });
});
