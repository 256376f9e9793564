import { describe, expect, it } from "vitest";
import {
  compareBytes,
  concat,
  equalBytes,
  fromBase64Url,
  fromHex,
  fromUtf8,
  matchesAt,
  packed,
  toBase64Url,
  toHex,
  unpacked,
  utf8,
} from "../../src/base/bytes.ts";
import fc from "./property.ts";

const bytes = () => fc.uint8Array({ maxLength: 40 });

describe("hexadecimal", () => {
  it("is lower case and two digits a byte", () => {
    expect(toHex(Uint8Array.of(0, 0x0a, 0xff))).toBe("000aff");
  });

  it("shows a part", () => {
    expect(toHex(Uint8Array.of(1, 2, 3, 4), 1, 3)).toBe("0203");
  });

  it("is read in either case", () => {
    expect(fromHex("0aFF")).toEqual(Uint8Array.of(0x0a, 0xff));
  });

  it.each(["0", "0g", "0x01", " 01", "01 ", "é0"])("is not %j", (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  it("comes back as it went", () => {
    fc.assert(fc.property(bytes(), (it) => equalBytes(fromHex(toHex(it)) as Uint8Array, it)));
  });
});

describe("base64 for URLs", () => {
  it("is what Node makes of the same bytes", () => {
    fc.assert(
      fc.property(bytes(), (it) => toBase64Url(it) === Buffer.from(it).toString("base64url")),
    );
  });

  it("comes back as it went", () => {
    fc.assert(fc.property(bytes(), (it) => equalBytes(fromBase64Url(toBase64Url(it)), it)));
  });
});

describe("text", () => {
  it("comes back as it went", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (it) => fromUtf8(utf8(it)) === it));
  });

  it.each([
    ["a byte that never occurs", "ff"],
    ["a longer form than needed", "c080"],
    ["half a surrogate pair", "eda080"],
    ["a code point beyond the last", "f4908080"],
    ["a character cut short", "e282"],
  ])("is not %s", (_, hex) => {
    expect(() => fromUtf8(fromHex(hex) as Uint8Array)).toThrow(TypeError);
  });

  it("keeps a byte order mark", () => {
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe("\ufeffA");
  });
});

describe("comparison", () => {
  it("weighs the first byte most", () => {
    expect(compareBytes(Uint8Array.of(1, 9), Uint8Array.of(2, 0))).toBeLessThan(0);
    expect(compareBytes(Uint8Array.of(2, 1), Uint8Array.of(2, 0))).toBeGreaterThan(0);
    expect(compareBytes(Uint8Array.of(2, 0), Uint8Array.of(2, 0))).toBe(0);
  });

  it("is the order of the hexadecimal text", () => {
    const pair = fc.nat(8).chain((length) => {
      const one = fc.uint8Array({ minLength: length, maxLength: length });
      return fc.tuple(one, one);
    });
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const text = toHex(a) < toHex(b) ? -1 : Number(toHex(a) > toHex(b));
        expect(Math.sign(compareBytes(a, b))).toBe(text);
      }),
    );
  });

  it("tells lengths apart", () => {
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it("matches at an offset and never beyond the end", () => {
    const whole = Uint8Array.of(1, 2, 3);
    expect(matchesAt(whole, 1, Uint8Array.of(2, 3))).toBe(true);
    expect(matchesAt(whole, 2, Uint8Array.of(3, 0))).toBe(false);
    expect(matchesAt(whole, 3, new Uint8Array(0))).toBe(true);
  });
});

describe("concat", () => {
  it("puts parts one behind the other in bytes of its own", () => {
    const part = Uint8Array.of(1, 2);
    const whole = concat(part, new Uint8Array(0), Uint8Array.of(3));
    part[0] = 9;
    expect(whole).toEqual(Uint8Array.of(1, 2, 3));
    expect(concat()).toEqual(new Uint8Array(0));
  });
});

describe("packed bytes", () => {
  it("are what they were, unpacked", () => {
    fc.assert(fc.property(bytes(), (it) => equalBytes(unpacked(packed(it)), it)));
  });

  it("have the order of the bytes", () => {
    const eight = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(eight, eight, (a, b) => {
        const order = packed(a) < packed(b) ? -1 : Number(packed(a) > packed(b));
        expect(order).toBe(Math.sign(compareBytes(a, b)));
      }),
    );
  });
});
