import { expect, it } from "vitest";
import { bucketIndex, ID_BYTES, toNodeId } from "../../src/base/id.ts";
import { idInBucket } from "../../src/dht/explorer.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import fc from "../base/property.ts";

const anyId = () =>
  fc.uint8Array({ minLength: ID_BYTES, maxLength: ID_BYTES }).map((bytes) => toNodeId(bytes));

it("an id made for a bucket stands in it", () => {
  fc.assert(
    fc.property(
      anyId(),
      fc.integer({ min: 0, max: ID_BYTES * 8 - 1 }),
      fc.nat(),
      (self, bucket, seed) => {
        const id = idInBucket(self, bucket, new SeededRandom(seed, 0));
        expect(bucketIndex(self, toNodeId(id))).toBe(bucket);
      },
    ),
  );
});

it("ids made for one bucket differ in what the bucket leaves open", () => {
  const random = new SeededRandom(1, 0);
  const self = toNodeId(new Uint8Array(ID_BYTES));
  const ids = Array.from({ length: 50 }, () => idInBucket(self, 3, random));
  expect(new Set(ids.map(([first]) => first)).size).toBeGreaterThan(8);
  expect(ids.every(([first]) => (first as number) >> 4 === 1)).toBe(true);
});
