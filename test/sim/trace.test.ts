import { describe, expect, it } from "vitest";
import { Trace } from "../../src/sim/trace.ts";

type Entry = readonly [time: number, what: string, from: string, to: string, bytes: Uint8Array];

const ENTRY: Entry = [1.5, "data", "a", "b", new Uint8Array([1, 2, 3])];

function hashOf(...entries: Entry[]): string {
  const trace = new Trace();
  for (const entry of entries) trace.add(...entry);
  return trace.hash;
}

describe("Trace", () => {
  it("has the same hash for the same entries, 16 digits long", () => {
    expect(hashOf(ENTRY, ENTRY)).toBe(hashOf(ENTRY, ENTRY));
    expect(hashOf(ENTRY)).toMatch(/^[0-9a-f]{16}$/);
  });

  it("has another hash when anything differs", () => {
    const others: Entry[] = [
      [1.5000001, "data", "a", "b", ENTRY[4]],
      [1.5, "ping", "a", "b", ENTRY[4]],
      [1.5, "data", "c", "b", ENTRY[4]],
      [1.5, "data", "a", "c", ENTRY[4]],
      [1.5, "data", "b", "a", ENTRY[4]],
      [1.5, "data", "a", "b", new Uint8Array([1, 2, 4])],
      [1.5, "data", "a", "b", new Uint8Array([1, 2, 3, 0])],
      [1.5, "dataa", "", "b", ENTRY[4]],
    ];
    const hashes = others.map((other) => hashOf(other));
    expect(new Set([hashOf(ENTRY), hashOf(ENTRY, ENTRY), hashOf(), ...hashes]).size).toBe(11);
  });

  it("minds the order", () => {
    const other: Entry = [1.5, "ping", "b", "a", new Uint8Array(0)];
    expect(hashOf(ENTRY, other)).not.toBe(hashOf(other, ENTRY));
  });

  it("keeps the last lines to be read", () => {
    const trace = new Trace();
    for (let at = 0; at < 500; at++) trace.add(at, "ping", "a", "b", new Uint8Array(0));
    trace.note(500, "node 1", "warn link_lost");
    trace.add(501, "data", "a", "b", new Uint8Array([9]));
    expect(trace.count).toBe(502);
    expect(trace.tail().length).toBe(200);
    expect(trace.tail(3)[0]).toBe("#499 499.000 ms a > b ping");
    expect(trace.tail(3)[1]).toBe("#500 500.000 ms node 1: warn link_lost");
    expect(trace.tail(3)[2]).toMatch(/^#501 501.000 ms a > b data 1 B [0-9a-f]{8}$/);
  });
});
