import { describe, expect, it } from "vitest";
import type { ProviderRecord } from "../../src/dht/record.ts";
import { RecordStore, type StoreLimits } from "../../src/dht/record-store.ts";
import fc from "../base/property.ts";
import { farId, tinyId } from "../base/tiny.ts";

const KEY = farId(1);
const LIMITS: StoreLimits = { recordsMax: 4, ownersMax: 3 };

function record(owner: number, changed: Partial<ProviderRecord> = {}): ProviderRecord {
  return {
    key: KEY,
    owner: tinyId(owner),
    seq: 1,
    expires: 1_000,
    withdrawn: false,
    anchors: [],
    bytes: new Uint8Array(0),
    ...changed,
  };
}

describe("a store of records", () => {
  it("holds several owners at one key", () => {
    const store = new RecordStore();
    expect([store.put(record(1), 0), store.put(record(2), 0)]).toEqual(["stored", "stored"]);
    expect(store.get(KEY, 0)).toEqual([record(1), record(2)]);
    expect(store.get(farId(2), 0)).toEqual([]);
  });

  it("keeps the newest of one owner, in whatever order they come", () => {
    const store = new RecordStore();
    const steps = [2, 1, 2, 3].map((seq) => store.put(record(1, { seq, expires: seq * 100 }), 0));
    expect(steps).toEqual(["stored", "older", "stored", "stored"]);
    expect(store.get(KEY, 0)).toEqual([record(1, { seq: 3, expires: 300 })]);
    expect(store.size).toBe(1);
  });

  it("hides what is withdrawn, and lets no older record bring it back", () => {
    const store = new RecordStore();
    store.put(record(1), 0);
    store.put(record(1, { seq: 2, withdrawn: true }), 0);
    expect(store.get(KEY, 0)).toEqual([]);
    expect(store.put(record(1), 0)).toBe("older");
    expect(store.get(KEY, 0)).toEqual([]);
    expect(store.put(record(1, { seq: 3 }), 0)).toBe("stored");
    expect(store.get(KEY, 0)).toHaveLength(1);
  });

  it("hides what has expired before it is swept", () => {
    const store = new RecordStore();
    store.put(record(1), 0);
    expect(store.get(KEY, 999)).toHaveLength(1);
    expect(store.get(KEY, 1_000)).toEqual([]);
    expect(store.size).toBe(1);
    store.sweep(1_000);
    expect(store.size).toBe(0);
  });

  it("refuses one owner or record more than it may have, and takes news of those it has", () => {
    const store = new RecordStore(LIMITS);
    const steps = [1, 2, 3, 4].map((owner) => store.put(record(owner), 0));
    expect(steps).toEqual(["stored", "stored", "stored", "full"]);
    expect(store.put(record(1, { key: farId(2) }), 0)).toBe("stored");
    expect(store.put(record(1, { key: farId(3) }), 0)).toBe("full");
    expect(store.put(record(2, { seq: 2 }), 0)).toBe("stored");
    expect(store.size).toBe(4);
  });

  it("makes room by forgetting what has expired", () => {
    const store = new RecordStore(LIMITS);
    for (const owner of [1, 2, 3]) store.put(record(owner, { expires: 100 * owner }), 0);
    expect(store.put(record(4), 50)).toBe("full");
    expect(store.put(record(4), 100)).toBe("stored");
    expect(store.get(KEY, 100).map((it) => it.owner[31])).toEqual([2, 3, 4]);
    expect(store.put(record(5), 5_000)).toBe("stored");
    expect(store.size).toBe(1);
  });

  it("is never larger than its bounds and counts right, whatever comes", () => {
    const puts = fc.array(
      fc.record({ key: fc.nat(3), owner: fc.nat(5), seq: fc.nat(4), expires: fc.nat(100) }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(puts, (all) => {
        const store = new RecordStore(LIMITS);
        for (const [now, { key, ...rest }] of all.entries()) {
          store.put(
            record(rest.owner, { key: farId(key), seq: rest.seq, expires: rest.expires }),
            now,
          );
          const held = [0, 1, 2, 3].map((it) => store.get(farId(it), -1).length);
          expect(held.reduce((sum, count) => sum + count, 0)).toBe(store.size);
          expect(store.size).toBeLessThanOrEqual(LIMITS.recordsMax);
          expect(Math.max(...held)).toBeLessThanOrEqual(LIMITS.ownersMax);
        }
      }),
    );
  });
});
