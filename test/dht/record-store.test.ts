import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import type { ProviderRecord } from "../../src/dht/record.ts";
import { RecordStore, type StoreLimits } from "../../src/dht/record-store.ts";
import fc from "../base/property.ts";
import { farId, tinyId } from "../base/tiny.ts";

const KEY = farId(1);
const LIMITS: StoreLimits = { recordsMax: 4, ownersMax: 3, perOwnerMax: 3 };

/** A record whose bytes are its owner and its number. */
function record(owner: number, changed: Partial<ProviderRecord> = {}): ProviderRecord {
  const seq = changed.seq ?? 1;
  return {
    key: KEY,
    owner: tinyId(owner),
    seq,
    expires: 1_000,
    withdrawn: false,
    anchors: [],
    boxKey: new Uint8Array(32),
    bytes: Uint8Array.of(owner >> 16, owner >> 8, owner, seq),
    ...changed,
  };
}

const ownersAt = (store: RecordStore, now = 0, count?: number): number[] =>
  store
    .get(KEY, now, count)
    .map((it) => ((it[0] as number) << 16) | ((it[1] as number) << 8) | (it[2] as number));

describe("a store of records", () => {
  it("holds several owners at one key", () => {
    const store = new RecordStore();
    expect([1, 2].map((owner) => store.put(record(owner), "a", 0))).toEqual(["stored", "stored"]);
    expect(ownersAt(store)).toEqual([1, 2]);
    expect(store.get(farId(2), 0)).toEqual([]);
  });

  it("keeps the newest of one owner, in whatever order they come", () => {
    const store = new RecordStore();
    const steps = [2, 1, 2, 3].map((seq) =>
      store.put(record(1, { seq, expires: seq * 100 }), "a", 0),
    );
    expect(steps).toEqual(["stored", "older", "stored", "stored"]);
    expect([store.get(KEY, 299), store.get(KEY, 300), store.size]).toEqual([
      [record(1, { seq: 3 }).bytes],
      [],
      1,
    ]);
  });

  it("hides what is withdrawn, and lets no older record bring it back", () => {
    const store = new RecordStore();
    store.put(record(1, { seq: 1, expires: 1_000 }), "a", 0);
    store.put(record(1, { seq: 2, expires: 500, withdrawn: true }), "b", 0);
    store.sweep(900); // The withdrawal outlives its own date: what it withdraws is good until 1,000.
    expect([ownersAt(store), store.put(record(1), "a", 900), store.size]).toEqual([[], "older", 1]);
    store.sweep(1_000);
    expect(store.size).toBe(0);
  });

  it("keeps the same one of two with one number, whichever comes first", () => {
    const low = record(1, { bytes: Uint8Array.of(1) });
    const high = record(1, { bytes: Uint8Array.of(2) });
    for (const order of [
      [low, high],
      [high, low],
    ]) {
      const store = new RecordStore();
      for (const it of order) store.put(it, "a", 0);
      expect([store.get(KEY, 0), store.conflicts]).toEqual([[low.bytes], 1]);
    }
  });

  it("knows what it holds", () => {
    const store = new RecordStore();
    store.put(record(1), "a", 0);
    const held = (owner: number, bytes: Uint8Array) => store.holds(KEY, tinyId(owner), bytes);
    expect(held(1, record(1).bytes)).toBe(true);
    expect([held(1, record(2).bytes), held(2, record(1).bytes)]).toEqual([false, false]);
  });

  it("refuses one more from the neighbour that has brought the most", () => {
    const store = new RecordStore(LIMITS);
    const steps = [1, 2, 3, 4].map((owner) => store.put(record(owner), "a", 0));
    expect(steps).toEqual(["stored", "stored", "stored", "full"]);
  });

  it("gives up the latest of the neighbour that has brought the most for one of another", () => {
    const store = new RecordStore(LIMITS);
    for (const owner of [1, 2, 3]) store.put(record(owner), "flood", 0);
    expect(store.put(record(7), "other", 0)).toBe("stored");
    expect(ownersAt(store)).toEqual([1, 7, 2]);
    // Now they have brought as many as each other, but for one.
    expect(store.put(record(8), "other", 0)).toBe("full");
  });

  it("does the same where the whole store is full", () => {
    const store = new RecordStore(LIMITS);
    for (const [at, key] of [1, 2, 3, 4].entries())
      store.put(record(at, { key: farId(key) }), "flood", 0);
    expect(store.put(record(9, { key: farId(9) }), "flood", 0)).toBe("full");
    expect(store.put(record(9, { key: farId(9) }), "other", 0)).toBe("stored");
    expect([store.size, store.get(farId(4), 0)]).toEqual([4, []]);
    expect(store.get(farId(9), 0)).toHaveLength(1);
  });

  it("takes so many of one owner and no more, whoever brings them", () => {
    const store = new RecordStore({ ...LIMITS, recordsMax: 100 });
    const steps = [1, 2, 3, 4].map((key) => store.put(record(1, { key: farId(key) }), `${key}`, 0));
    expect(steps).toEqual(["stored", "stored", "stored", "full"]);
  });

  it("forgets what has expired where it needs the room", () => {
    const store = new RecordStore(LIMITS);
    for (const owner of [1, 2, 3]) store.put(record(owner, { expires: owner * 100 }), "a", 0);
    expect(store.put(record(4), "a", 100)).toBe("stored");
    expect(ownersAt(store, 100)).toEqual([2, 3, 4]);
  });

  it("names one of each neighbour before it names a second of any", () => {
    const store = new RecordStore();
    for (const owner of [1, 2, 3, 4, 5]) store.put(record(owner), "flood", 0);
    store.put(record(6), "other", 0);
    expect(ownersAt(store, 0, 3)).toEqual([1, 6, 2]);
  });

  it.each([
    ["before", true],
    ["behind", false],
  ] as const)(
    "keeps honest records that came %s a million others at their key, and no more than its bound",
    (_, isFirst) => {
      const store = new RecordStore();
      const honest = [1, 2, 3].map((owner) => record(owner));
      const put = (): void => {
        for (const [at, it] of honest.entries()) store.put(it, `honest ${at}`, 0);
      };
      if (isFirst) put();
      for (let owner = 10; owner < 1_000_010; owner++)
        store.put(record(owner), `flood ${owner % 3}`, 0);
      if (!isFirst) put();
      expect(store.size).toBe(256);
      expect(ownersAt(store, 0, 24)).toEqual(expect.arrayContaining([1, 2, 3]));
    },
    60_000,
  );

  it("is where the newest of each owner is, whatever came in whatever order", () => {
    const steps = fc.array(
      fc.record({
        owner: fc.integer({ min: 1, max: 4 }),
        seq: fc.integer({ min: 1, max: 6 }),
        withdrawn: fc.boolean(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (offered) => {
        const store = new RecordStore();
        const newest = new Map<number, ProviderRecord>();
        for (const { owner, seq, withdrawn } of offered) {
          const bytes = Uint8Array.of(0, 0, owner, seq, withdrawn ? 1 : 0);
          const it = record(owner, { seq, withdrawn, bytes });
          store.put(it, "a", 0);
          if (isNewer(it, newest.get(owner))) newest.set(owner, it);
        }
        const live = [...newest.values()].filter((it) => !it.withdrawn);
        const held = store.get(KEY, 0).map((bytes) => toHex(bytes));
        expect(held.toSorted()).toEqual(live.map(({ bytes }) => toHex(bytes)).toSorted());
      }),
    );
  });
});

/** Of two with one number the one with the lower bytes counts, which is the live one here. */
function isNewer(it: ProviderRecord, known: ProviderRecord | undefined): boolean {
  if (known === undefined || it.seq > known.seq) return true;
  return it.seq === known.seq && !it.withdrawn;
}
