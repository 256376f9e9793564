import { describe, expect, it } from "vitest";
import { sleep } from "../../src/base/sleep.ts";
import { VirtualClock } from "../../src/sim/clock.ts";

describe("sleep", () => {
  it("resolves when its time is over, not before", async () => {
    const clock = new VirtualClock();
    const woken: number[] = [];
    const slept = sleep(clock, 100, new AbortController().signal).then(() =>
      woken.push(clock.now()),
    );
    await clock.advance(99);
    expect(woken).toEqual([]);
    await clock.advance(1);
    await slept;
    expect(woken).toEqual([100]);
  });

  it("is cancelled at once and leaves no timer", async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const slept = sleep(clock, 100, stop.signal);
    stop.abort();
    await expect(slept).rejects.toMatchObject({ code: "cancelled" });
    expect(clock.pending).toBe(0);
  });

  it("does not begin when it is cancelled already", async () => {
    const clock = new VirtualClock();
    await expect(sleep(clock, 100, AbortSignal.abort())).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(clock.pending).toBe(0);
  });
});
