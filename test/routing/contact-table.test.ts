import { describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import { bucketIndex, compareDistance, type NodeId, toNodeId } from "../../src/base/id.ts";
import { BUCKET_MAX, CHECK_AFTER, WAITING_MAX } from "../../src/routing/bucket.ts";
import { ContactTable, GROUP_IN_BUCKET_MAX, GROUP_MAX } from "../../src/routing/contact-table.ts";
import fc from "../base/property.ts";
import { farId, tinyId } from "../base/tiny.ts";

interface Known {
  readonly id: NodeId;
  readonly addresses: readonly Address[];
  readonly seq: number;
}

const at = (id: NodeId, seq = 1, ...addresses: string[]): Known => ({
  id,
  seq,
  addresses: addresses as unknown as Address[],
});

/** An id of the far half of the space, or of a quarter of it with `first` 0x40. */
function far(number: number, first = 0x80): NodeId {
  const id = farId(first);
  id[30] = number >> 8;
  id[31] = number & 0xff;
  return id;
}

function fullTable(): ContactTable<Known> {
  const table = new ContactTable<Known>(tinyId(0));
  for (let number = 0; number < BUCKET_MAX; number++) table.verified(at(far(number)), number);
  return table;
}

const idsIn = (table: ContactTable<Known>): NodeId[] =>
  [...table.buckets()].flatMap(({ contacts }) => contacts.map(({ id }) => id));

describe("the table of contacts", () => {
  it("never lists the node itself", () => {
    const table = new ContactTable<Known>(tinyId(1));
    table.verified(at(tinyId(1)), 0);
    table.heard(at(tinyId(1)));
    expect([table.size, table.get(tinyId(1)), [...table.buckets()]]).toEqual([0, undefined, []]);
  });

  it("has 20 places in each bucket", () => {
    const table = fullTable();
    for (let number = 0; number < 100; number++) table.verified(at(far(number)), 0);
    table.verified(at(farId(0x40)), 0);
    expect([table.size, table.sizeMax]).toEqual([BUCKET_MAX + 1, 256 * BUCKET_MAX]);
  });

  it("puts who was heard of last behind the others, with its newest facts", () => {
    const table = new ContactTable<Known>(tinyId(0));
    for (const number of [1, 2, 3]) table.verified(at(far(number)), number);
    table.verified(at(far(1), 7), 4);
    table.verified(at(far(1), 6), 5);
    expect(idsIn(table)).toEqual([far(2), far(3), far(1)]);
    expect(table.get(far(1))?.seq).toBe(7);
  });

  it("asks the one heard of longest ago before a newcomer takes its place", () => {
    const table = fullTable();
    expect(table.verified(at(far(99)), CHECK_AFTER)?.id).toEqual(far(0));
    // One question at a time.
    expect(table.verified(at(far(98)), CHECK_AFTER)).toBeUndefined();
    table.verified(at(far(0)), CHECK_AFTER);
    expect(idsIn(table)).toContainEqual(far(0));
    expect(idsIn(table)).not.toContainEqual(far(99));
  });

  it("gives the place of who does not answer to the latest newcomer", () => {
    const table = fullTable();
    table.heard(at(far(97)));
    table.verified(at(far(98)), CHECK_AFTER);
    table.verified(at(far(99)), CHECK_AFTER);
    table.heard(at(far(96)));
    table.failed(far(0));
    expect(idsIn(table)).toContainEqual(far(99));
    expect([idsIn(table).length, table.size]).toEqual([BUCKET_MAX, BUCKET_MAX]);
    table.failed(far(1));
    table.failed(far(2));
    // Those that others speak of have proved nothing.
    expect(table.size).toBe(BUCKET_MAX - 1);
  });

  it("remembers who did not answer as one that others speak of: it may be that no way led there", () => {
    const table = new ContactTable<Known>(tinyId(0));
    table.verified(at(far(1)), 0);
    expect(table.sizeOf(0)).toBe(1);
    table.failed(far(1));
    table.failed(far(1));
    expect([...table.buckets()]).toEqual([{ index: 0, contacts: [], candidates: [at(far(1))] }]);
    expect([table.size, table.sizeOf(0)]).toEqual([0, 0]);
  });

  it("asks nobody who was heard of a moment ago", () => {
    const table = fullTable();
    expect(table.verified(at(far(99)), CHECK_AFTER - 1)).toBeUndefined();
  });

  it("lets those wait that others speak of, and takes their newer facts", () => {
    const table = new ContactTable<Known>(tinyId(0));
    table.heard(at(far(1), 1));
    table.heard(at(far(1), 3));
    table.heard(at(far(1), 2));
    expect([...table.buckets()]).toEqual([{ index: 0, contacts: [], candidates: [at(far(1), 3)] }]);
    table.verified(at(far(1), 3), 0);
    table.heard(at(far(1), 5));
    table.heard(at(far(1), 4));
    expect([...table.buckets()]).toEqual([{ index: 0, contacts: [at(far(1), 5)], candidates: [] }]);
  });

  it("lets ten wait, and none of them gives way to hearsay once it has proved to be there", () => {
    const table = fullTable();
    for (let number = 0; number < 50; number++) table.heard(at(far(100 + number)));
    for (let number = 0; number < 50; number++) table.verified(at(far(200 + number)), 1);
    for (let number = 0; number < 50; number++) table.heard(at(far(300 + number)));
    const [bucket] = table.buckets();
    expect(bucket?.candidates.map(({ id }) => id)).toEqual(
      Array.from({ length: WAITING_MAX }, (_, number) => far(240 + number)),
    );
  });

  it("gives one part of the network two places in a bucket and ten in all", () => {
    const table = new ContactTable<Known>(tinyId(0));
    table.verified(at(far(1), 1, "198.51.100.1:1"), 0);
    for (let number = 0; number < 1_000; number++) {
      const id = far(number, 0x80 >> (number % 8));
      table.verified(at(id, 1, `203.0.113.${number % 256}:9443`), 0);
    }
    const crowd = [...table.buckets()].map(
      ({ contacts }) => contacts.filter(({ addresses }) => addresses[0]?.startsWith("203.")).length,
    );
    expect(Math.max(...crowd)).toBe(GROUP_IN_BUCKET_MAX);
    expect(crowd.reduce((sum, count) => sum + count, 0)).toBe(GROUP_MAX);
    expect(idsIn(table)).toContainEqual(far(1));
    for (const id of idsIn(table)) table.failed(id);
    expect(table.size).toBe(GROUP_MAX);
  });

  it("counts private addresses and loopback as no part of the network", () => {
    const table = new ContactTable<Known>(tinyId(0));
    for (let number = 0; number < 10; number++)
      table.verified(at(far(number), 1, `10.0.0.${number}:1`, `127.0.0.1:${number + 1}`), 0);
    expect(table.size).toBe(10);
  });

  it("finds the nearest, as sorting all of them would", () => {
    const byte = fc.nat(255);
    const ids = fc.uniqueArray(fc.tuple(byte, byte), {
      maxLength: 120,
      selector: ([a, b]) => a * 256 + b,
    });
    const idOf = ([first, last]: readonly [number, number]): NodeId => {
      const id = toNodeId(new Uint8Array(32));
      id[0] = first;
      id[31] = last;
      return id;
    };
    fc.assert(
      fc.property(ids, fc.tuple(byte, byte), fc.nat(30), (places, target, count) => {
        const self = idOf([0x5a, 0x11]);
        const table = new ContactTable<Known>(self);
        for (const place of places) table.verified(at(idOf(place)), 0);
        const sorted = idsIn(table).sort((a, b) => compareDistance(idOf(target), a, b));
        expect(table.closest(idOf(target), count).map(({ id }) => id)).toEqual(
          sorted.slice(0, count),
        );
        for (const { index, contacts } of table.buckets())
          for (const { id } of contacts) expect(bucketIndex(self, id)).toBe(index);
      }),
    );
  });
});
