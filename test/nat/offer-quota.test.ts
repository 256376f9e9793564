import { describe, expect, it } from "vitest";
import { OfferQuota } from "../../src/nat/offer-quota.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { tinyId } from "../base/tiny.ts";

const PEER = tinyId(1);

describe("offers of links", () => {
  it("are taken from one peer once in 10 s, then ever more seldom, down to once in 10 minutes", async () => {
    const clock = new VirtualClock();
    const quota = new OfferQuota(clock);
    const taken: number[] = [];
    while (clock.now() < 3_600_000) {
      if (quota.take(PEER)) taken.push(clock.now());
      await clock.advance(1_000);
    }
    const pauses = taken.slice(1).map((time, at) => time - (taken[at] as number));
    expect(pauses.slice(0, 7)).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000]);
    expect(pauses.at(-1)).toBe(600_000);
  });

  it("are taken at once from a peer whose last one led to a link", async () => {
    const clock = new VirtualClock();
    const quota = new OfferQuota(clock);
    expect([quota.take(PEER), quota.take(PEER)]).toEqual([true, false]);
    quota.linked(PEER);
    expect(quota.take(PEER)).toBe(true);
  });

  it("are sixteen at once of all peers, and four a second", async () => {
    const clock = new VirtualClock();
    const quota = new OfferQuota(clock);
    let next = 0;
    const takeAll = (): number => {
      let taken = 0;
      while (quota.take(tinyId(next++))) taken += 1;
      return taken;
    };
    expect(takeAll()).toBe(16);
    await clock.advance(1_000);
    expect(takeAll()).toBe(4);
  });

  it("cost the peer nothing that were refused for the sake of others", async () => {
    const clock = new VirtualClock();
    const quota = new OfferQuota(clock);
    for (let number = 10; number < 26; number++) quota.take(tinyId(number));
    expect(quota.take(PEER)).toBe(false);
    await clock.advance(1_000);
    expect(quota.take(PEER)).toBe(true);
  });
});
