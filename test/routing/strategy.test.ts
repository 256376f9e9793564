import { describe, expect, it } from "vitest";
import { SAMPLES_MAX, Samples } from "../../src/routing/samples.ts";
import {
  type Passage,
  STRATEGIES_MAX,
  STRATEGY_LIFE,
  Strategies,
  type Strategy,
} from "../../src/routing/strategy.ts";
import fc from "../base/property.ts";
import { tinyId } from "../base/tiny.ts";

const PEER = tinyId(7);

const FAILED = { reason: "no packet got through", pause: 60_000 };

/** What has happened to the destination so far, one millisecond after the other. */
class History {
  readonly strategies = new Strategies();
  now = 0;

  routed(latency = 20, times = 1): this {
    for (let time = 0; time < times; time++) {
      this.strategies.answered(PEER, "multi_hop", latency, ++this.now);
    }
    return this;
  }

  direct(times: number): this {
    for (let time = 0; time < times; time++) {
      this.strategies.answered(PEER, "direct", 3, ++this.now);
    }
    return this;
  }

  lost(times: number, passage: Passage = "direct"): this {
    for (let time = 0; time < times; time++) {
      this.strategies.unanswered(PEER, passage, ++this.now);
    }
    return this;
  }

  probed(roundTrip = 5): this {
    this.strategies.probing(PEER, ++this.now);
    this.strategies.probed(PEER, roundTrip, ++this.now);
    return this;
  }

  failed(): this {
    this.strategies.probing(PEER, ++this.now);
    this.strategies.probeFailed(PEER, FAILED, ++this.now);
    return this;
  }

  closed(): this {
    this.strategies.closed(PEER);
    return this;
  }

  pass(time: number): this {
    this.now += time;
    return this;
  }

  get outcome(): [Strategy, boolean] {
    return [
      this.strategies.at(PEER, this.now).strategy,
      this.strategies.wantsProbe(PEER, this.now),
    ];
  }
}

const begin = (): History => new History();

describe("the round trip of a link", () => {
  it("is held against the mean of routed calls, not against the luckiest one", () => {
    const routed = (): History => begin().routed(4).routed(20).routed(21);
    expect(routed().probed(14).outcome).toEqual(["direct", false]);
    expect(routed().probed(16).outcome[0]).toBe("multi_hop");
  });
});

describe("the strategy for a destination", () => {
  it.each<[string, History, Strategy, boolean]>([
    ["nothing is known", begin(), "unknown", false],
    ["its first call was answered", begin().routed(), "unknown", true],
    ["its first call was not answered", begin().lost(1, "multi_hop"), "unknown", false],
    ["a probe is quicker than any routed call", begin().routed().probed(5), "direct", false],
    ["a probe is no quicker", begin().routed().probed(20), "multi_hop", false],
    [
      "no quicker, called ten times a minute",
      begin().routed(20, 10).probed(20),
      "multi_hop",
      false,
    ],
    ["no quicker, called more often", begin().routed(20, 11).probed(20), "direct", false],
    ["no quicker, and routed calls take 50 ms", begin().routed(50).probed(60), "multi_hop", false],
    ["no quicker, and routed calls take more", begin().routed(51).probed(60), "direct", false],
    ["the probe fails", begin().routed().failed(), "multi_hop", false],
    ["it fails, and the pause is over", begin().routed().failed().pass(60_000), "multi_hop", false],
    ["and calls are frequent", begin().routed(20, 11).failed().pass(59_000), "multi_hop", false],
    [
      "calls are frequent when the pause is over",
      begin().routed().failed().pass(60_000).routed(20, 11),
      "multi_hop",
      true,
    ],
    [
      "calls are slow when the pause is over",
      begin().routed(200).failed().pass(60_000),
      "multi_hop",
      true,
    ],
    ["the shortcut is gone", begin().routed().probed().closed(), "direct", true],
    ["four of four direct calls were lost", begin().routed().probed().lost(4), "direct", false],
    ["one of five", begin().routed().probed().direct(4).lost(1), "direct", false],
    ["two of six", begin().routed().probed().direct(4).lost(2), "multi_hop", false],
    ["five of five", begin().routed().probed().lost(5), "multi_hop", false],
    [
      "so, and the shortcut is gone, and calls are frequent and slow",
      begin().routed(200, 20).probed().lost(5).closed().pass(290_000).routed(200, 20),
      "multi_hop",
      false,
    ],
    [
      "so, 300 s later",
      begin().routed(200, 20).probed().lost(5).closed().pass(290_000).routed(200).pass(10_000),
      "multi_hop",
      true,
    ],
    [
      "a tenth of the direct calls was lost and the link too",
      begin().routed().probed().direct(9).lost(1).closed(),
      "direct",
      true,
    ],
    [
      "more of them were lost",
      begin().routed().probed().direct(8).lost(1).closed(),
      "direct",
      false,
    ],
    [
      "more of them were lost, long ago",
      begin().routed().probed().direct(8).lost(1).pass(200_000).routed().closed().pass(100_000),
      "direct",
      true,
    ],
    [
      "a shortcut is open for long",
      begin()
        .routed()
        .probed()
        .pass(STRATEGY_LIFE * 2),
      "direct",
      false,
    ],
    [
      "nothing was noted for 300 s",
      begin().routed().probed().closed().pass(300_001),
      "unknown",
      false,
    ],
    ["nothing but its first answer", begin().routed().pass(300_001).routed(), "unknown", true],
  ])("%s", (_, history, strategy, isWanted) => {
    expect(history.outcome).toEqual([strategy, isWanted]);
  });

  it("is not probed twice at once", () => {
    const history = begin().routed();
    history.strategies.probing(PEER, history.now);
    expect(history.outcome).toEqual(["unknown", false]);
    expect(history.strategies.at(PEER, history.now).reason).toBe("a link to it is being tried");
  });

  it("tells when calls go back to the mesh, once, and why", () => {
    const { strategies } = begin().routed().probed();
    const told = [1, 2, 3, 4, 5, 6].map((now) => strategies.unanswered(PEER, "direct", 10 + now));
    expect(told).toEqual([false, false, false, false, true, false]);
    expect(strategies.at(PEER, 20)).toMatchObject({
      reason: "only 0 % of its direct calls were answered",
      successRate: 0,
      pause: STRATEGY_LIFE - 5,
    });
  });

  it("counts the calls of the last minute and not those before", () => {
    const history = begin().routed(20, 11).pass(61_000).routed();
    // Of the eleven a minute ago all but a sixtieth still count.
    expect(history.probed(20).outcome[0]).toBe("direct");
    const later = begin().routed(20, 11).pass(150_000).routed();
    expect(later.probed(20).outcome[0]).toBe("multi_hop");
  });

  it("is asked for again where nobody calls just now, and what is old is forgotten", () => {
    const history = begin().routed(200).failed().pass(60_000);
    expect(history.strategies.review(history.now)).toEqual([PEER]);
    expect(history.strategies.review(history.now + STRATEGY_LIFE)).toEqual([]);
    expect(history.strategies.size).toBe(0);
  });

  it("outlives its time where a pause is longer", () => {
    const { strategies } = begin().routed();
    strategies.probeFailed(PEER, { reason: "hopeless", pause: 1_800_000 }, 1);
    strategies.review(1_000_000);
    expect(strategies.at(PEER, 1_000_000)).toMatchObject({ reason: "hopeless", pause: 800_001 });
    strategies.review(1_800_001);
    expect(strategies.size).toBe(0);
  });

  it("is known of so many destinations, those called last", () => {
    const strategies = new Strategies();
    for (let number = 0; number < STRATEGIES_MAX + 10; number++) {
      strategies.answered(tinyId(number), "multi_hop", 20, number);
    }
    expect(strategies.size).toBe(STRATEGIES_MAX);
    expect(strategies.wantsProbe(tinyId(9), 2_000)).toBe(false);
    expect(strategies.wantsProbe(tinyId(10), 2_000)).toBe(true);
    expect([...strategies.states(2_000)][0]?.[0]).toEqual(tinyId(STRATEGIES_MAX + 9));
  });
});

/** A few destinations, and what may not happen to them. */
class Watched {
  readonly strategies = new Strategies();
  readonly open = new Set<number>();
  readonly pausedUntil = new Map<number, number>();
  now = 0;

  routed(peer: number, latency: number): void {
    this.strategies.answered(tinyId(peer), "multi_hop", latency, this.now);
  }

  direct(peer: number, latency: number): void {
    this.strategies.answered(tinyId(peer), "direct", latency, this.now);
  }

  missed(peer: number): void {
    this.strategies.unanswered(tinyId(peer), "multi_hop", this.now);
  }

  lost(peer: number): void {
    const goesBack = this.strategies.unanswered(tinyId(peer), "direct", this.now);
    if (goesBack) this.pausedUntil.set(peer, this.now + STRATEGY_LIFE);
  }

  close(peer: number): void {
    this.strategies.closed(tinyId(peer));
    this.open.delete(peer);
  }

  probe(peer: number, latency: number): void {
    if (!this.#begins(peer)) return;
    const passage = this.strategies.probed(tinyId(peer), latency, this.now);
    if (passage === "direct") this.open.add(peer);
  }

  fail(peer: number): void {
    if (!this.#begins(peer)) return;
    this.strategies.probeFailed(tinyId(peer), FAILED, this.now);
    this.pausedUntil.set(peer, this.now + FAILED.pause);
  }

  #begins(peer: number): boolean {
    const id = tinyId(peer);
    if (!this.strategies.wantsProbe(id, this.now)) return false;
    const isPaused = (this.pausedUntil.get(peer) ?? 0) > this.now;
    expect([this.open.has(peer), isPaused]).toEqual([false, false]);
    this.strategies.probing(id, this.now);
    expect(this.strategies.wantsProbe(id, this.now)).toBe(false);
    return true;
  }
}

describe("the gain of direct links", () => {
  it("is what direct calls took less than routed ones to the same provider", () => {
    const { strategies } = new History().routed(20, 2).routed(26, 1).direct(4);
    expect(strategies.gain).toEqual({ directCalls: 4, latencySaved: 4 * (22 - 3) });
    strategies.answered(tinyId(8), "direct", 50, 10);
    expect(strategies.gain).toEqual({ directCalls: 5, latencySaved: 4 * (22 - 3) });
    strategies.answered(tinyId(8), "multi_hop", 40, 11);
    strategies.answered(tinyId(8), "direct", 50, 12);
    expect(strategies.gain).toEqual({ directCalls: 6, latencySaved: 4 * (22 - 3) - 10 });
  });
});

describe("the strategies, whatever happens", () => {
  const event = fc.record({
    kind: fc.constantFrom("routed", "direct", "lost", "missed", "probe", "fail", "close"),
    peer: fc.nat({ max: 3 }),
    latency: fc.integer({ min: 0, max: 300 }),
    wait: fc.constantFrom(0, 1, 500, 30_000, 310_000),
  });

  it("never ask for a probe in a pause, twice at once, or beside an open shortcut", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const watched = new Watched();
        for (const { kind, peer, latency, wait } of events) {
          watched.now += wait;
          watched[kind](peer, latency);
          const { successRate, samples } = watched.strategies.at(tinyId(peer), watched.now);
          expect(successRate >= 0 && successRate <= 1 && samples <= 2 * SAMPLES_MAX).toBe(true);
        }
      }),
    );
  });
});

describe("samples", () => {
  it("are the last hundred", () => {
    const latencies = fc.array(fc.option(fc.integer({ min: 1, max: 999 }), { nil: undefined }), {
      maxLength: 250,
    });
    fc.assert(
      fc.property(latencies, (all) => {
        const samples = new Samples();
        for (const latency of all) samples.add(latency);
        const last = all.slice(-SAMPLES_MAX);
        const answered = last.filter((latency) => latency !== undefined);
        expect(samples.size).toBe(last.length);
        expect(samples.successRate).toBe(last.length ? answered.length / last.length : 1);
        const sum = answered.reduce((total, latency) => total + latency, 0);
        expect(samples.mean).toBe(answered.length ? sum / answered.length : undefined);
      }),
    );
  });
});
