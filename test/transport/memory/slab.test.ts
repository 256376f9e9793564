import { describe, expect, it } from "vitest";
import { joined, Slab } from "../../../src/transport/memory/slab.ts";

const KIB = 1_024;

describe("a slab", () => {
  it("keeps copies that lie side by side, and joins those without another copy", () => {
    const slab = new Slab();
    const source = new Uint8Array([1, 2, 3, 4]);
    const first = slab.copy(source, 0, 2);
    const second = slab.copy(source, 2, 4);
    source.fill(9);
    const whole = joined(first, second);
    expect(whole).toEqual(new Uint8Array([1, 2, 3, 4]));
    expect(whole?.buffer).toBe(first.buffer);
    expect(joined(second, first)).toBeUndefined();
  });

  it("gives what is long a buffer of its own, and begins anew when it is full", () => {
    const slab = new Slab();
    const long = slab.copy(new Uint8Array(9 * KIB).fill(7), 0, 9 * KIB);
    expect(long.buffer.byteLength).toBe(9 * KIB);
    const copies = Array.from({ length: 20 }, (_, at) =>
      slab.copy(new Uint8Array(8 * KIB).fill(at), 0, 8 * KIB),
    );
    copies.forEach((copy, at) => {
      expect(copy.every((byte) => byte === at)).toBe(true);
    });
    expect(new Set(copies.map(({ buffer }) => buffer)).size).toBe(3);
    expect(joined(copies[0] as Uint8Array, copies[19] as Uint8Array)).toBeUndefined();
  });
});
