import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { NameCache } from "../../src/wire/name-cache.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";

describe("the cache of names", () => {
  it("reads what is written, again and again, whatever falls on one place", () => {
    const cache = new NameCache();
    const names = fc.array(fc.string({ unit: "grapheme", maxLength: 80 }), { maxLength: 50 });
    fc.assert(
      fc.property(names, (all) => {
        for (const name of [...all, ...all]) expect(cache.read(utf8(name))).toBe(name);
      }),
    );
  });

  it("keeps no view of the frame a name came in", () => {
    const cache = new NameCache();
    const bytes = utf8("calculator.add");
    cache.read(bytes);
    bytes.set(utf8("calculator.sub"));
    expect(cache.read(utf8("calculator.add"))).toBe("calculator.add");
    expect(cache.read(bytes)).toBe("calculator.sub");
  });

  it("refuses what is not UTF-8, each time", () => {
    const cache = new NameCache();
    const bad = Uint8Array.of(0x61, 0xff);
    expect([failure(() => cache.read(bad)), failure(() => cache.read(bad))]).toEqual([
      "bad_frame",
      "bad_frame",
    ]);
  });
});
