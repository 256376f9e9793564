import { describe, expect, it } from "vitest";
import { concat, toHex } from "../../src/base/bytes.ts";
import { MessageIds } from "../../src/routing/message-ids.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import fc from "../base/property.ts";

describe("message ids", () => {
  it("count up from 1", () => {
    const ids = new MessageIds(new SeededRandom(1));
    expect([ids.next(), ids.next(), ids.next()]).toEqual([1, 2, 3]);
  });

  it("have 16 bytes that tell their number", () => {
    const ids = new MessageIds(new SeededRandom(1));
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 16 - 1), (low, high) => {
        const number = high * 2 ** 32 + low;
        const bytes = ids.bytes(number);
        expect(bytes).toHaveLength(16);
        expect(ids.numberAt(concat(new Uint8Array(3), bytes), 3)).toBe(number);
      }),
    );
  });

  it("of another node, or of an earlier life, are not ours", () => {
    const [ours, others] = [1, 2].map((node) => new MessageIds(new SeededRandom(1, node)));
    expect(ours?.numberAt(others?.bytes(5) as Uint8Array, 0)).toBe(0);
    expect(ours?.numberAt(new Uint8Array(16), 0)).toBe(0);
    expect(ours?.numberAt(new Uint8Array(0), 0)).toBe(0);
  });

  it("never repeat", () => {
    const ids = new MessageIds(new SeededRandom(1));
    const shown = Array.from({ length: 1_000 }, () => toHex(ids.bytes(ids.next())));
    expect(new Set(shown).size).toBe(1_000);
  });
});
