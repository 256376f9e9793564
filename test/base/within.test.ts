import { describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import { sleep } from "../../src/base/sleep.ts";
import { within } from "../../src/base/within.ts";
import { VirtualClock } from "../../src/sim/clock.ts";

/** Work that never ends and heeds no signal. */
const deaf = () => new Promise<never>(() => {});

describe("work within a time", () => {
  it("gives its result, leaves no timer and tells the work that it is over", async () => {
    const clock = new VirtualClock();
    let signal: AbortSignal | undefined;
    const done = within(clock, 100, undefined, async (given) => {
      signal = given;
      return "result";
    });
    expect(await done).toBe("result");
    expect([clock.pending, signal?.aborted]).toEqual([0, true]);
  });

  it("fails as the work does", async () => {
    const clock = new VirtualClock();
    const failing = within(clock, 100, undefined, () =>
      Promise.reject(new MeshError("no_route", "dead end")),
    );
    await expect(failing).rejects.toMatchObject({ code: "no_route" });
    expect(clock.pending).toBe(0);
  });

  it("ends with timeout when its time is over, heeded or not", async () => {
    const clock = new VirtualClock();
    const outcomes = [
      within(clock, 100, undefined, deaf),
      within(clock, 100, undefined, (signal) => sleep(clock, 1_000, signal)),
    ].map((work) => work.catch((cause: MeshError) => `${cause.code} at ${clock.now()}`));
    await clock.advance(200);
    const [first, second] = await Promise.all(outcomes);
    expect(first).toBe("timeout at 100");
    expect(second).toMatch(/at 100$/);
    expect(clock.pending).toBe(0);
  });

  it("ends with cancelled as soon as the caller does not want it", async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const work = within(clock, 100, stop.signal, deaf);
    stop.abort();
    await expect(work).rejects.toMatchObject({ code: "cancelled" });
    await expect(within(clock, 100, stop.signal, deaf)).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(clock.pending).toBe(0);
  });
});
