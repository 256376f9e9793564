import { expect, it } from "vitest";
import { Slab } from "../../src/base/slab.ts";

it("gives every byte string a copy of its own, whatever its length", () => {
  const slab = new Slab();
  const lengths = [0, 1, 100, 511, 512, 513, 5_000, ...new Array<number>(100).fill(127)];
  const sources = lengths.map((length, index) => new Uint8Array(length).fill(index));
  const copies = sources.map((source) => slab.copy(source));
  for (const source of sources) source.fill(255);
  copies.forEach((copy, index) => {
    expect(copy).toEqual(new Uint8Array(lengths[index] as number).fill(index));
  });
});

it("shares memory among short ones alone", () => {
  const slab = new Slab();
  const short = [slab.copy(new Uint8Array(100)), slab.copy(new Uint8Array(100))];
  expect(short[0]?.buffer).toBe(short[1]?.buffer);
  expect(slab.copy(new Uint8Array(513)).buffer.byteLength).toBe(513);
});
