import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/sim/clock.ts";
import { SeededRandom } from "../../src/sim/random.ts";

const FOREVER = { until: Number.POSITIVE_INFINITY, eventsMax: 1_000_000, done: () => false };

describe("VirtualClock", () => {
  it("jumps from event to event, in the order of time, then of asking", async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    clock.timer(20, note("late"));
    clock.timer(10, note("first"));
    clock.timer(10, note("second"));
    clock.timer(-5, note("at once"));

    expect(await clock.run(FOREVER)).toBe("stalled");
    expect(seen).toEqual(["at once@0", "first@10", "second@10", "late@20"]);
    expect(clock.events).toBe(4);
  });

  it("lets promises settle between two instants, however long their chain", async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.timer(1, () => {
      void (async () => {
        for (let turn = 0; turn < 1_000; turn++) await undefined;
        seen.push(`chain@${clock.now()}`);
        clock.timer(0, () => seen.push(`its timer@${clock.now()}`));
      })();
    });
    clock.timer(1.001, () => seen.push("the next instant"));

    await clock.run(FOREVER);
    expect(seen).toEqual(["chain@1", "its timer@1", "the next instant"]);
  });

  it("forgets what is cancelled, before and after", async () => {
    const clock = new VirtualClock();
    let fired = 0;
    const timers = Array.from({ length: 5_000 }, (_, at) => clock.timer(at, () => fired++));
    for (const timer of timers.slice(100)) timer.cancel();
    for (const timer of timers.slice(100)) timer.cancel();
    expect(clock.pending).toBe(100);
    await clock.run(FOREVER);
    for (const timer of timers) timer.cancel();
    expect(fired).toBe(100);
    expect(clock.pending).toBe(0);
  });

  it("keeps its order while events come and go at random (seed 3)", async () => {
    const random = new SeededRandom(3);
    const clock = new VirtualClock();
    const planned: { time: number; at: number }[] = [];
    const fired: { time: number; at: number }[] = [];
    for (let at = 0; at < 6_000; at++) {
      const time = random.below(500);
      const event = { time, at };
      const timer = clock.timer(time, () => fired.push(event));
      if (random.below(3) === 0) planned.push(event);
      else timer.cancel();
    }
    await clock.run(FOREVER);
    planned.sort((a, b) => a.time - b.time || a.at - b.at);
    expect(fired).toEqual(planned);
  });

  it("stops where it is told to: at a time, at a number of events, when it is done", async () => {
    const clock = new VirtualClock();
    const beat = (): void => void clock.timer(10, beat);
    beat();
    expect(await clock.run({ ...FOREVER, until: 100 })).toBe("until");
    expect(clock.now()).toBe(100);
    expect(await clock.run({ ...FOREVER, eventsMax: 5 })).toBe("exhausted");
    expect(clock.now()).toBe(150);
    expect(await clock.run({ ...FOREVER, done: () => clock.now() >= 200 })).toBe("done");
    await clock.advance(5);
    expect(clock.now()).toBe(205);
    expect(clock.wall() - clock.now()).toBe(Date.UTC(2026, 0, 1));
  });

  it("rejects a run with what an event throws, and can be run again", async () => {
    const clock = new VirtualClock();
    clock.timer(1, () => {
      throw new Error("a broken event");
    });
    clock.timer(2, () => {});
    await expect(clock.run(FOREVER)).rejects.toThrow("a broken event");
    expect(await clock.run(FOREVER)).toBe("stalled");
    expect(clock.now()).toBe(2);
  });

  it("refuses a second run beside the first, and a delay that is no number", async () => {
    const clock = new VirtualClock();
    const first = clock.run(FOREVER);
    await expect(clock.run(FOREVER)).rejects.toThrow("running already");
    await first;
    expect(() => clock.timer(Number.NaN, () => {})).toThrow(RangeError);
  });
});
