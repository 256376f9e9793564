import { describe, expect, it } from "vitest";
import { compareDistance, toNodeId } from "../../src/base/id.ts";
import { estimateSize, medianSize, Region, shareBetween } from "../../src/dht/region.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { farId } from "../base/tiny.ts";

const random = new SeededRandom(7, 7);
const ids = (count: number) =>
  Array.from({ length: count }, () => ({ id: toNodeId(random.bytes(32)) }));
const nearest = (key: Uint8Array, all: readonly { readonly id: Uint8Array }[], count = 20) =>
  all.toSorted((a, b) => compareDistance(key, a.id, b.id)).slice(0, count) as ReturnType<
    typeof ids
  >;

/** An id that shares its first `bytes` bytes with `key`. */
function ground(key: Uint8Array, bytes: number) {
  const id = random.bytes(32);
  id.set(key.subarray(0, bytes));
  return { id: toNodeId(id) };
}

describe("the share of the id space between two ids", () => {
  it("is their distance over all there is", () => {
    expect(shareBetween(farId(0), farId(0))).toBe(0);
    expect(shareBetween(farId(0), farId(0x80))).toBe(0.5);
    expect(shareBetween(farId(0x80), farId(0xc0))).toBe(0.25);
    expect(shareBetween(farId(0), new Uint8Array(32).fill(255))).toBeLessThan(1);
  });
});

describe("the size of the mesh", () => {
  it.each([100, 1_000, 10_000])("is judged within a factor of two by 20 of %i nodes", (count) => {
    const all = ids(count);
    for (let turn = 0; turn < 20; turn++) {
      const point = random.bytes(32);
      const size = estimateSize(point, nearest(point, all)) as number;
      expect(size).toBeGreaterThan(count / 2.2);
      expect(size).toBeLessThan(count * 2.2);
    }
  });

  it("is not judged by fewer than eight", () => {
    expect(estimateSize(farId(0), ids(7))).toBeUndefined();
    expect(estimateSize(farId(0), [])).toBeUndefined();
  });

  it("is the middle one of several judgements", () => {
    expect(medianSize([undefined, 9, 1, 5])).toBe(5);
    expect(medianSize([undefined])).toBeUndefined();
  });
});

describe("the region of a key", () => {
  const key = random.bytes(32);

  it("holds about twenty nodes", () => {
    let inside = 0;
    for (let turn = 0; turn < 50; turn++) {
      const region = new Region(random.bytes(32), 1_000);
      inside += ids(1_000).filter(({ id }) => region.contains(id)).length;
    }
    expect(inside / 50).toBeGreaterThan(17);
    expect(inside / 50).toBeLessThan(23);
  });

  it("is crowded where ids were made for it, and not by chance", () => {
    const honest = ids(1_000);
    const region = new Region(key, 1_000);
    expect(region.isCrowded(nearest(key, honest))).toBe(false);
    const made = Array.from({ length: 20 }, () => ground(key, 2));
    expect(region.isCrowded(nearest(key, [...honest, ...made]))).toBe(true);
    expect(region.isCrowded(nearest(key, [...honest, ...made.slice(0, 10)]))).toBe(true);
    // Five leave fifteen honest holders.
    expect(region.isCrowded(nearest(key, [...honest, ...made.slice(0, 5)]))).toBe(false);
  });

  it("is reached from points that lie in it and away from its key", () => {
    for (const size of [50, 1_000, 123_456]) {
      const region = new Region(key, size);
      const points = region.points();
      expect(points).toHaveLength(4);
      for (const point of points) {
        expect(shareBetween(key, point)).toBeLessThan(2 * region.radius);
        expect(shareBetween(key, point)).toBeGreaterThan(region.radius / 16);
      }
    }
  });
});
