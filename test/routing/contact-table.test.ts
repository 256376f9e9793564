import { describe, expect, it } from "vitest";
import { bucketIndex, compareDistance, type NodeId, toNodeId } from "../../src/base/id.ts";
import { BUCKET_MAX, Bucket } from "../../src/routing/bucket.ts";
import { ContactTable } from "../../src/routing/contact-table.ts";
import fc from "../base/property.ts";
import { farId, tinyId } from "../base/tiny.ts";

interface Known {
  readonly id: NodeId;
  readonly fact?: string;
}

describe("a bucket", () => {
  it("holds who was heard of longest ago first", () => {
    const bucket = new Bucket<Known>();
    for (const number of [1, 2, 3]) bucket.add({ id: tinyId(number) });
    bucket.add({ id: tinyId(1), fact: "new" });
    expect(bucket.contacts).toEqual([
      { id: tinyId(2) },
      { id: tinyId(3) },
      { id: tinyId(1), fact: "new" },
    ]);
  });

  it("keeps what it has when it is full, and takes news of those", () => {
    const bucket = new Bucket<Known>();
    for (let number = 1; number <= BUCKET_MAX; number++) {
      expect(bucket.add({ id: tinyId(number) })).toBe(true);
    }
    expect(bucket.add({ id: tinyId(99) })).toBe(false);
    expect(bucket.add({ id: tinyId(5) })).toBe(true);
    expect(bucket.contacts).toHaveLength(BUCKET_MAX);
    expect(bucket.contacts.at(-1)?.id).toEqual(tinyId(5));
  });

  it("has room again when somebody is gone", () => {
    const bucket = new Bucket<Known>();
    for (let number = 1; number <= BUCKET_MAX; number++) bucket.add({ id: tinyId(number) });
    expect([bucket.remove(tinyId(7)), bucket.remove(tinyId(7))]).toEqual([true, false]);
    expect(bucket.add({ id: tinyId(99) })).toBe(true);
  });
});

describe("the table of contacts", () => {
  it("never lists the node itself", () => {
    const table = new ContactTable<Known>(tinyId(1));
    expect(table.add({ id: tinyId(1) })).toBe(false);
    expect([table.size, table.remove(tinyId(1))]).toEqual([0, false]);
  });

  it("has room for 20 contacts of each bucket", () => {
    const table = new ContactTable<Known>(tinyId(0));
    for (let number = 0; number < 100; number++) {
      const id = farId(0x80);
      id[31] = number;
      expect(table.add({ id })).toBe(number < BUCKET_MAX);
    }
    expect(table.add({ id: farId(0x40) })).toBe(true);
    expect([table.size, table.sizeMax]).toEqual([BUCKET_MAX + 1, 256 * BUCKET_MAX]);
  });

  it("forgets", () => {
    const table = new ContactTable<Known>(tinyId(0));
    table.add({ id: tinyId(5) });
    expect([table.remove(tinyId(4)), table.remove(tinyId(5)), table.size]).toEqual([
      false,
      true,
      0,
    ]);
  });

  it("lists those nearest to a target, as sorting everything would", () => {
    const anyId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toNodeId);
    const small = fc.nat(40).map(tinyId);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyId, small), { maxLength: 60 }),
        fc.oneof(anyId, small),
        fc.nat(30),
        (ids, target, count) => {
          const table = new ContactTable<Known>(tinyId(0));
          const added = ids.filter((id) => table.add({ id }));
          const unique = [...new Map(added.map((id) => [String(id), id])).values()];
          const expected = unique.sort((a, b) => compareDistance(target, a, b)).slice(0, count);
          expect(table.closest(target, count).map((it) => it.id)).toEqual(expected);
        },
      ),
    );
  });

  // The original's own example: k = 2, local id 0; 10 is refused, 0 ignored, 8 moved to the end. With k = 20 nothing
  // is refused.
  it("sorts into the buckets of the original's example", () => {
    const table = new ContactTable<Known>(tinyId(0));
    for (const number of [8, 9, 10, 4, 0, 1, 8]) table.add({ id: tinyId(number) });
    expect(table.size).toBe(5);
    expect([8, 9, 10, 4, 1].map((number) => bucketIndex(tinyId(0), tinyId(number)))).toEqual([
      252, 252, 252, 253, 255,
    ]);
    const closest = (target: number, count: number) =>
      table.closest(tinyId(target), count).map((it) => it.id[31]);
    expect(closest(11, 3)).toEqual([10, 9, 8]);
    expect(closest(0, 4)).toEqual([1, 4, 8, 9]);
    expect(closest(255, 2)).toEqual([10, 9]);
  });
});
