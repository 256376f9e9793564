import { describe, expect, it } from "vitest";
import { LIVENESS_LIMITS, Liveness, type LivenessStep } from "../../src/peer/liveness.ts";

const LIMITS = {
  pingAfter: 1_500,
  warmPingAfter: 500,
  goneAfter: 4_000,
  anchorGoneAfter: 2_750,
  checkEvery: 500,
};

/** What a check every half second says, from 500 ms on to `until`; `heard` are moments of signs of life. */
function checks(until: number, heard: readonly number[] = []): LivenessStep[] {
  const liveness = new Liveness(LIMITS, 0);
  const steps: LivenessStep[] = [];
  for (let now = 500; now <= until; now += 500) {
    for (const at of heard) if (at > now - 500 && at <= now) liveness.heard(at);
    steps.push(liveness.check(now));
  }
  return steps;
}

describe("liveness", () => {
  it("asks a silent peer for a sign of life and then gives it up", () => {
    expect(checks(4_000)).toEqual([
      "nothing",
      "nothing",
      "ping",
      "ping",
      "ping",
      "ping",
      "ping",
      "gone",
    ]);
  });

  it("gives an anchor up sooner, and one that is far away as late as any", () => {
    const goneAt = (roundTrip: number): number => {
      const liveness = new Liveness({ ...LIMITS, checkEvery: 250 }, 0);
      liveness.roundTrip = roundTrip;
      for (let now = 250; ; now += 250) if (liveness.check(now, "anchor") === "gone") return now;
    };
    expect([20, 300, 400, 500, 5_000].map(goneAt)).toEqual([2_750, 2_750, 3_250, 3_500, 4_000]);
  });

  it("keeps a peer warm that stands in for a direct link, and waits for its answer before it asks again", () => {
    const liveness = new Liveness({ ...LIMITS, checkEvery: 250 }, 0);
    const step = (now: number): LivenessStep => liveness.check(now, "warm");
    expect([step(250), step(499), step(500)]).toEqual(["nothing", "nothing", "ping"]);
    liveness.pinged(500);
    expect([step(750), step(1_000)]).toEqual(["nothing", "ping"]);
    liveness.pinged(1_000);
    liveness.answered(1_020);
    expect([step(1_250), step(1_500), step(1_520)]).toEqual(["nothing", "nothing", "ping"]);
    expect(liveness.check(1_520, "anchor")).toBe("nothing");
  });

  it("takes long only by the measure of the round trip", () => {
    const liveness = new Liveness(LIMITS, 0);
    liveness.roundTrip = 400;
    expect([2_800, 2_801].map((now) => liveness.isSuspect(now))).toEqual([false, true]);
  });

  it("has a peer prove itself soon after this node was away", () => {
    const liveness = new Liveness(LIMITS, 0);
    liveness.doubt(10_000);
    expect(liveness.isSuspect(10_000)).toBe(false);
    expect([10_500, 11_000].map((now) => liveness.check(now, "anchor"))).toEqual(["ping", "ping"]);
    expect(liveness.check(11_500, "anchor")).toBe("gone");
    const other = new Liveness(LIMITS, 0);
    other.doubt(10_000);
    other.heard(10_100);
    expect(other.check(10_500)).toBe("nothing");
  });

  it("needs no ping while the peer speaks", () => {
    const talking = Array.from({ length: 20 }, (_, at) => at * 400);
    expect(new Set(checks(8_000, talking))).toEqual(new Set(["nothing"]));
  });

  it("counts any word as a sign of life, not only the answer", () => {
    expect(checks(6_000, [3_900]).at(-1)).toBe("ping");
    expect(checks(8_000, [3_900]).at(-1)).toBe("gone");
  });

  it("notices a dead peer in less than five seconds by default", () => {
    const { goneAfter, anchorGoneAfter, checkEvery, pingAfter } = LIVENESS_LIMITS;
    expect(goneAfter + checkEvery).toBeLessThan(5_000);
    expect(anchorGoneAfter + checkEvery).toBeLessThanOrEqual(3_000);
    expect(pingAfter * 2).toBeLessThan(goneAfter);
  });

  it("blames no peer for the time in which it did not run itself", () => {
    const liveness = new Liveness(LIMITS, 0);
    liveness.check(500);
    expect(liveness.check(60_000)).toBe("ping");
    expect(liveness.check(60_500)).toBe("ping");
    liveness.heard(60_600);
    expect(liveness.check(61_000)).toBe("nothing");
  });

  it("gives a peer up that stays silent after such a pause", () => {
    const liveness = new Liveness(LIMITS, 0);
    liveness.check(60_000);
    const steps = [60_500, 61_000, 61_500, 62_000, 62_500].map((now) => liveness.check(now));
    expect(steps).toEqual(["ping", "ping", "ping", "ping", "gone"]);
  });

  it("is suspect when an answer takes long", () => {
    const liveness = new Liveness(LIMITS, 0);
    expect(liveness.isSuspect(2_000)).toBe(false);
    expect(liveness.isSuspect(2_001)).toBe(true);
    liveness.heard(2_001);
    expect(liveness.isSuspect(2_001)).toBe(false);
  });

  it("measures the round trip and smooths it", () => {
    const liveness = new Liveness(LIMITS, 0);
    expect(liveness.roundTrip).toBeUndefined();
    liveness.pinged(1_000);
    liveness.answered(1_080);
    expect(liveness.roundTrip).toBe(80);
    liveness.pinged(2_000);
    liveness.answered(2_160);
    expect(liveness.roundTrip).toBe(90);
    expect(liveness.heardAt).toBe(2_160);
  });

  it("takes one measurement from one ping", () => {
    const liveness = new Liveness(LIMITS, 0);
    liveness.pinged(1_000);
    liveness.answered(1_080);
    liveness.answered(9_000);
    expect(liveness.roundTrip).toBe(80);
    expect(liveness.heardAt).toBe(9_000);
  });
});
