import { describe, expect, it } from "vitest";
import { BoundedMap, TokenBucket } from "../../src/base/bounded.ts";
import { VirtualClock } from "../../src/sim/clock.ts";

describe("a bounded map", () => {
  it("drops the entry that was not touched for longest", () => {
    const map = new BoundedMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.get("a");
    map.set("c", 3);
    expect([...map]).toEqual([
      ["a", 1],
      ["c", 3],
    ]);
  });

  it("counts setting anew as touching, and looking as nothing", () => {
    const map = new BoundedMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    expect(map.peek("b")).toBe(2);
    map.set("c", 4);
    expect([map.peek("a"), map.peek("b"), map.peek("c")]).toEqual([3, undefined, 4]);
  });

  it("never holds more than its bound", () => {
    const map = new BoundedMap<number, number>(3);
    for (let key = 0; key < 100; key++) {
      map.set(key, key);
      expect(map.size).toBeLessThanOrEqual(3);
    }
    expect([...map].map(([key]) => key)).toEqual([97, 98, 99]);
  });

  it("forgets", () => {
    const map = new BoundedMap<string, number>(2);
    map.set("a", 1);
    expect([map.delete("a"), map.delete("a"), map.size, map.get("a")]).toEqual([
      true,
      false,
      0,
      undefined,
    ]);
    map.set("b", 1);
    map.clear();
    expect(map.size).toBe(0);
  });
});

describe("a token bucket", () => {
  const taken = (bucket: TokenBucket) => {
    let count = 0;
    while (bucket.take()) count += 1;
    return count;
  };

  it("lets a burst pass, then its rate", async () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 10, 5);
    expect(taken(bucket)).toBe(5);
    await clock.advance(100);
    expect(taken(bucket)).toBe(1);
    await clock.advance(250);
    expect(taken(bucket)).toBe(2);
  });

  it("saves up no more than a burst", async () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 10, 5);
    await clock.advance(1_000_000);
    expect(taken(bucket)).toBe(5);
  });
});
