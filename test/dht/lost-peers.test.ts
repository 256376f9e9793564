import { describe, expect, it } from "vitest";
import { LostPeers } from "../../src/dht/lost-peers.ts";
import { tinyId } from "../base/tiny.ts";

const contact = (number: number) => ({ id: tinyId(number) });

describe("lost peers", () => {
  it("are tried in turn, until they are found", () => {
    const lost = new LostPeers();
    for (const number of [1, 2, 3]) lost.lost(contact(number), 100, number);
    expect([4, 5, 6, 7].map((now) => lost.next(now))).toEqual([1, 2, 3, 1].map(contact));
    expect([lost.found(tinyId(2)), lost.found(tinyId(2)), lost.size]).toEqual([true, false, 2]);
  });

  it("are tried often only where many went at once", () => {
    const few = new LostPeers();
    few.lost(contact(1), 20, 0);
    few.lost(contact(2), 19, 60_000);
    expect(few.pause).toBe(300_000);
    const many = new LostPeers();
    for (const number of [1, 2, 3, 4, 5]) many.lost(contact(number), 15, number);
    expect(many.pause).toBe(10_000);
    for (const number of [1, 2, 3, 4, 5]) many.found(tinyId(number));
    expect(many.pause).toBe(300_000);
  });

  it("are given up after an hour, and are 32 at most", () => {
    const lost = new LostPeers();
    for (let number = 0; number < 50; number++) lost.lost(contact(number), 100, 0);
    expect([lost.size, lost.next(1)]).toEqual([32, contact(18)]);
    expect([lost.next(3_600_001), lost.size]).toEqual([undefined, 0]);
  });
});
