import { Encoder } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { concat, fromHex } from "../../src/base/bytes.ts";
import { CONTROL_SCAN, type ScanLimits, VALUE_SCAN } from "../../src/wire/limits.ts";
import { scanValue } from "../../src/wire/scan.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";

const hex = (text: string) => fromHex(text) as Uint8Array;

function scan(bytes: Uint8Array, limits: ScanLimits = VALUE_SCAN): number {
  return scanValue(bytes, 0, bytes.length, limits);
}

const refusal = (bytes: Uint8Array, limits = VALUE_SCAN) => failure(() => scan(bytes, limits));

/** `depth` arrays of one element around a nil. */
function nested(depth: number): Uint8Array {
  const bytes = new Uint8Array(depth + 1).fill(0x91);
  bytes[depth] = 0xc0;
  return bytes;
}

describe("the scan", () => {
  it("ends where any value ends, and is cut short anywhere before", () => {
    const encoder = new Encoder();
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const bytes = encoder.encode(value);
        const longer = concat(bytes, Uint8Array.of(0xc1, 0xc1));
        expect(scanValue(longer, 0, longer.length, VALUE_SCAN)).toBe(bytes.length);
        for (let end = 0; end < bytes.length; end++) {
          expect(failure(() => scanValue(bytes, 0, end, VALUE_SCAN))).toBe("bad_frame");
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["00", "7f", "e0", "ff", "c0", "c2", "c3", "80", "90", "a0"],
    ["ca00000000", "cb0000000000000000", "cc00", "cd0000", "ce00000000", "cf0000000000000000"],
    ["d000", "d10000", "d200000000", "d30000000000000000"],
    ["c400", "c401ff", "c50001ff", "c600000001ff", "d90161", "da000161", "db0000000161"],
    ["dc000100", "dd0000000100", "de0001a16100", "df00000001a16100"],
    ["d6ff00000000", "d7ff0000000000000000", "c70cff000000000000000000000000"],
  ])("passes every format in use: %s, …", (...formats) => {
    for (const format of formats) expect(scan(hex(format)), format).toBe(format.length / 2);
  });

  it.each([
    ["the unused byte", "c1"],
    ["a timestamp of another length", "c704ff00000000"],
    ["another extension", "d60100000000"],
    ["an extension of 1 byte", "d4ff00"],
    ["an extension of 2 bytes", "d5ff0000"],
    ["an extension of 16 bytes", `d8ff${"00".repeat(16)}`],
    ["an extension of 16-bit length", "c80001ff00"],
    ["an extension of 32-bit length", "c900000001ff00"],
    ["a number as map key", "810100"],
    ["a nil as map key", "81c000"],
    ["an array as map key", "819000"],
    ["bytes as map key", "81c4016100"],
    ["a number as second key", "82a161000100"],
    ["a key without its value", "81a161"],
    ["nothing", ""],
  ])("refuses %s", (_, text) => {
    expect(refusal(hex(text))).toBe("bad_frame");
  });

  it("takes a string for a key right behind a nested value", () => {
    expect(scan(hex("82a1619101a16202"))).toBe(8);
    expect(refusal(hex("82a16191010102"))).toBe("bad_frame");
    expect(scan(hex("82a16180a16202"))).toBe(7);
  });
});

describe("limits of the scan", () => {
  it("allow 16 containers within one another and no more", () => {
    expect(scan(nested(16))).toBe(17);
    expect(refusal(nested(17))).toBe("too_large");
    expect(refusal(concat(nested(16).subarray(0, 16), Uint8Array.of(0x90)))).toBe("too_large");
  });

  it("count depth and not length: a million siblings are no depth", () => {
    const bytes = new Uint8Array(60_005).fill(0x90);
    bytes.set(hex("dd0000ea60"));
    expect(scan(bytes)).toBe(bytes.length);
  });

  it("stop a bomb of a million nested arrays at once", () => {
    const bomb = nested(1_000_000);
    const started = performance.now();
    for (let times = 0; times < 1_000; times++) refusal(bomb);
    expect(refusal(bomb)).toBe("too_large");
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each(["ddffffffff", "dfffffffff"])("refuse 2^32 − 1 announced entries: %s", (head) => {
    expect(refusal(hex(head))).toBe("too_large");
    expect(refusal(concat(hex(head), new Uint8Array(1_000)))).toBe("too_large");
  });

  it.each(["dbffffffff", "c6ffffffff"])("refuse 2^32 − 1 announced bytes: %s", (head) => {
    expect(refusal(hex(head))).toBe("too_large");
  });

  it("refuse more entries than there can be bytes for", () => {
    expect(refusal(hex("dc0003c0c0"))).toBe("bad_frame");
    expect(refusal(hex("de0002a161c0c0"))).toBe("bad_frame");
    expect(refusal(hex("9f"))).toBe("bad_frame");
    expect(refusal(hex("8f"))).toBe("bad_frame");
  });

  it("count elements over all containers, two for a map's entry", () => {
    const limits: ScanLimits = { depth: 16, elements: 4, containers: 16, string: 16 };
    expect(scan(hex("94c0c0c0c0"), limits)).toBe(5);
    expect(refusal(hex("95c0c0c0c0c0"), limits)).toBe("too_large");
    expect(refusal(hex("9294c0c0c0c0c0"), limits)).toBe("too_large");
    expect(scan(hex("82a161c0a162c0"), limits)).toBe(7);
    expect(refusal(hex("9182a161c0a162c0"), limits)).toBe("too_large");
  });

  it("count containers, empty ones too", () => {
    const limits: ScanLimits = { depth: 16, elements: 100, containers: 3, string: 16 };
    expect(scan(hex("929080"), limits)).toBe(3);
    expect(refusal(hex("93908090"), limits)).toBe("too_large");
  });

  it("count the bytes of one string or binary", () => {
    const limits: ScanLimits = { depth: 16, elements: 100, containers: 3, string: 2 };
    expect(scan(hex("a26161"), limits)).toBe(3);
    expect(refusal(hex("a3616161"), limits)).toBe("too_large");
    expect(refusal(hex("c403616161"), limits)).toBe("too_large");
  });

  it("are smaller for control messages", () => {
    expect(CONTROL_SCAN.elements).toBeLessThan(VALUE_SCAN.elements);
    expect(CONTROL_SCAN.containers).toBeLessThan(VALUE_SCAN.containers);
  });

  it("hold at the elements a value may have", () => {
    const array = (count: number) => {
      const bytes = new Uint8Array(5 + count).fill(0xc0);
      bytes[0] = 0xdd;
      new DataView(bytes.buffer).setUint32(1, count);
      return bytes;
    };
    expect(scan(array(VALUE_SCAN.elements))).toBe(5 + VALUE_SCAN.elements);
    expect(refusal(array(VALUE_SCAN.elements + 1))).toBe("too_large");
  });
});
