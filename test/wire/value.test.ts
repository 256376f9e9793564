import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "../../src/base/bytes.ts";
import { BODY_MAX, VALUE_SCAN } from "../../src/wire/limits.ts";
import { decodeValue, encodeValue, type Value } from "../../src/wire/value.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";

function decode(bytes: Uint8Array): Value {
  return decodeValue(bytes, 0, bytes.length);
}

function roundTrip(value: Value): Value {
  return decode(encodeValue(value).slice());
}

const hex = (text: string) => fromHex(text) as Uint8Array;

/** Any value a call may carry, as an equality check can compare it. */
const values = () =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true }).map((it) => (Object.is(it, -0) ? 0 : it)),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.string({ unit: "grapheme" }),
      fc.uint8Array({ maxLength: 40 }),
      fc.date({ noInvalidDate: true }),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(
        fc.string().filter((it) => it !== "__proto__"),
        tie("value"),
        {
          maxKeys: 5,
          noNullPrototype: true,
        },
      ),
    ),
  })).value;

describe("a value", () => {
  it("comes back as it went", () => {
    fc.assert(
      fc.property(values(), (value) => {
        expect(roundTrip(value)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["the smallest and largest numbers", [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
    ["no numbers", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ["bigints of 64 bits", [-(2n ** 63n), -1n, 0n, 2n ** 63n, 2n ** 64n - 1n]],
    [
      "moments",
      [new Date(0), new Date(-1), new Date(2 ** 43), new Date(8.64e15), new Date(1.5e12 + 7)],
    ],
    ["long text", "€".repeat(100_000)],
    ["bytes", new Uint8Array(70_000).fill(9)],
    [
      "names of other objects' members",
      { constructor: 1, toString: 2, length: 3, hasOwnProperty: 4 },
    ],
    ["empty containers", [[], {}, "", new Uint8Array(0)]],
  ])("comes back: %s", (_, value) => {
    expect(roundTrip(value)).toEqual(value);
  });

  it("keeps the kind of a number: bigints stay bigints", () => {
    expect(roundTrip([5, 5n])).toEqual([5, 5n]);
    expect(typeof (roundTrip([5n]) as unknown[])[0]).toBe("bigint");
    expect(typeof roundTrip(2 ** 40)).toBe("number");
  });

  it("turns undefined into nothing in an object and into null elsewhere", () => {
    expect(roundTrip({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(Object.keys(roundTrip({ a: undefined }) as object)).toEqual([]);
    expect(roundTrip([undefined])).toEqual([null]);
    expect(roundTrip(undefined)).toBeNull();
  });

  it.each([
    ["alone", Uint8Array.of(1, 2)],
    ["inside", { a: [Uint8Array.of(1, 2)] }],
    ["long", new Uint8Array(300).fill(1)],
    ["very long", new Uint8Array(70_000).fill(1)],
  ])("shares nothing with the frame unless that is given away: bytes %s", (_, value) => {
    const frame = encodeValue(value).slice();
    const [copied, viewed] = [false, true].map((owned) =>
      decodeValue(frame, 0, frame.length, owned),
    );
    expect([copied, viewed]).toEqual([value, value]);
    frame.fill(0xee);
    expect(copied).toEqual(value);
    expect(viewed).not.toEqual(value);
  });

  it("is encoded to shared bytes, good until the next", () => {
    const first = encodeValue("first");
    const kept = first.slice();
    encodeValue("other");
    expect(decode(kept)).toBe("first");
    expect(toHex(first)).not.toBe(toHex(kept));
  });
});

describe("what has no encoding", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const deep = Array.from({ length: 20 }).reduce<unknown>((inner) => [inner], 1);

  it.each([
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a map", new Map()],
    ["a set", new Set()],
    ["a promise", Promise.resolve()],
    ["a cycle", cycle],
    ["20 levels", deep],
    ["an invalid date", new Date(Number.NaN)],
    ["a bigint beyond 64 bits", 2n ** 64n],
    ["a bigint below 64 bits", -(2n ** 63n) - 1n],
  ])("fails at once, alone or inside: %s", (_, value) => {
    expect(failure(() => encodeValue(value))).toBe("encode_failed");
    expect(failure(() => encodeValue({ a: [value] }))).toBe("encode_failed");
  });

  it("names the reason and leaves the encoder usable", () => {
    expect(() => encodeValue(new Map())).toThrow("a Map has no encoding; send an array");
    expect(roundTrip({ a: [1] })).toEqual({ a: [1] });
  });

  it("says so when an object throws as it is read", () => {
    const odd = {
      get a(): number {
        throw new Error("not now");
      },
    };
    expect(failure(() => encodeValue(odd))).toBe("encode_failed");
  });
});

describe("a value that is too large", () => {
  it("is refused beyond 16 MiB, and not below", () => {
    expect(encodeValue(new Uint8Array(BODY_MAX - 5))).toHaveLength(BODY_MAX);
    expect(failure(() => encodeValue(new Uint8Array(BODY_MAX - 4)))).toBe("too_large");
  });

  it("is refused by its sender where its reader would refuse it", () => {
    const elements = Array.from({ length: VALUE_SCAN.elements + 1 }, () => 0);
    expect(failure(() => encodeValue(elements))).toBe("too_large");
    expect(roundTrip(elements.slice(1))).toHaveLength(VALUE_SCAN.elements);
    const containers = Array.from({ length: VALUE_SCAN.containers }, () => []);
    expect(failure(() => encodeValue(containers))).toBe("too_large");
    expect(roundTrip(containers.slice(1))).toHaveLength(VALUE_SCAN.containers - 1);
  });

  it("is as deep as a reader allows, whatever is inside", () => {
    const inner = (levels: number) =>
      Array.from({ length: levels }).reduce<unknown>((value) => [value], []);
    expect(roundTrip(inner(15))).toEqual(inner(15));
    expect(failure(() => encodeValue(inner(16)))).toBe("encode_failed");
  });
});

describe("a hostile value", () => {
  it.each([
    ["__proto__ as a key", "81a95f5f70726f746f5f5f80"],
    ["a number as a key", "810100"],
    ["bytes behind it", "c0c0"],
    ["nothing at all", ""],
    ["an extension", "d60100000000"],
  ])("is bad_frame: %s", (_, text) => {
    expect(failure(() => decode(hex(text)))).toBe("bad_frame");
  });

  it("never reaches a prototype", () => {
    failure(() => decode(hex("81a95f5f70726f746f5f5f81a1610a")));
    expect(({} as { a?: unknown }).a).toBeUndefined();
    const plain = decode(hex("81ab636f6e7374727563746f7201")) as object;
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect(plain).toHaveProperty("constructor", 1);
  });

  it("is a value of ours or bad_frame or too_large, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect([undefined, "bad_frame", "too_large"]).toContain(failure(() => decode(bytes)));
      }),
      { numRuns: 5_000 },
    );
  });

  it("is refused without touching the value that stands before it", () => {
    const both = concat(encodeValue("kept"), hex("c1"));
    expect(failure(() => decodeValue(both, 5, 6))).toBe("bad_frame");
    expect(decodeValue(both, 0, 5)).toBe("kept");
  });
});
