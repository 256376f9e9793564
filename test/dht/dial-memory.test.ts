import { describe, expect, it } from "vitest";
import { type Address, toAddress } from "../../src/base/address.ts";
import { DialMemory } from "../../src/dht/dial-memory.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { tinyId } from "../base/tiny.ts";

const A = toAddress("192.0.2.1", 1);
const B = toAddress("192.0.2.2", 1);
const node = (number: number, ...addresses: Address[]) => ({ id: tinyId(number), addresses });
const memory = () => new DialMemory(new SeededRandom(1, 1));

describe("the memory of dials", () => {
  it("leaves an address alone at which nobody answered, whoever claims it", () => {
    const of = memory();
    of.failed(tinyId(1), [A], false, 0);
    expect(of.worthDialling(node(1, A, B), 1)).toEqual([]);
    expect(of.worthDialling(node(2, A, B), 1)).toEqual([B]);
    expect(of.worthDialling(node(2, A), 5_001)).toEqual([A]);
  });

  it("waits twice as long after each failure, to ten minutes", () => {
    const of = memory();
    let now = 0;
    const waits: number[] = [];
    for (let failure = 0; failure < 12; failure++) {
      of.failed(tinyId(1), [A], false, now);
      const start = now;
      while (of.worthDialling(node(1, A), now).length === 0) now += 500;
      waits.push(now - start);
    }
    expect(waits[0]).toBeLessThanOrEqual(5_000);
    expect(waits[11]).toBeGreaterThanOrEqual(300_000);
    expect(waits[11]).toBeLessThanOrEqual(600_000);
  });

  it("waits five seconds at most while nobody at all is there", () => {
    const of = memory();
    for (let failure = 0; failure < 20; failure++) of.failed(tinyId(1), [A], true, 0);
    expect(of.worthDialling(node(1, A), 2_000)).toEqual([]);
    expect(of.worthDialling(node(1, A), 5_001)).toEqual([A]);
  });

  it("takes a node that was refused for one that is there", () => {
    const of = memory();
    of.refused(tinyId(1), 0);
    expect(of.worthDialling(node(1, A), 20_000)).toEqual([]);
    expect(of.worthDialling(node(2, A), 20_000)).toEqual([A]);
  });

  it("has a host that is named on hearsay tried once, under whatever ids and ports", () => {
    const of = memory();
    const otherPort = toAddress("192.0.2.1", 2);
    expect(of.worthTrying(node(1, A, otherPort, B), 0)).toEqual([A, B]);
    of.trying([A], 0);
    expect(of.worthTrying(node(2, otherPort, B), 1)).toEqual([B]);
    expect(of.worthTrying(node(2, otherPort), 149_999)).toEqual([]);
    expect(of.worthTrying(node(2, otherPort), 300_001)).toEqual([otherPort]);
    expect(of.worthDialling(node(1, otherPort), 1)).toEqual([otherPort]);
  });

  it("goes on with a host that was reached, and with this very machine", () => {
    const of = memory();
    of.trying([A], 0);
    of.reached(tinyId(1), A);
    expect(of.worthTrying(node(2, toAddress("192.0.2.1", 2)), 1)).toHaveLength(1);
    of.trying([toAddress("127.0.0.1", 1)], 0);
    expect(of.worthTrying(node(2, toAddress("127.0.0.1", 2)), 1)).toHaveLength(1);
  });

  it("forgets failures of what was reached", () => {
    const of = memory();
    of.failed(tinyId(1), [A, B], false, 0);
    of.reached(tinyId(1), A);
    expect(of.worthDialling(node(1, A, B), 1)).toEqual([A]);
  });
});
