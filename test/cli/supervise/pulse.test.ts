import { describe, expect, it } from "vitest";
import { Pulse } from "../../../src/cli/supervise/pulse.ts";

/** Looks every 250 ms, up to `until`; tells when it was found to hang. */
function hangsAt(pulse: Pulse, from: number, until: number): number | undefined {
  for (let now = from; now <= until; now += 250) if (pulse.hangs(now)) return now;
  return undefined;
}

describe("the pulse of a process", () => {
  it("is gone where there was no sign of life for so long, from the start on", () => {
    expect(hangsAt(new Pulse(1_000, 0), 250, 5_000)).toBe(1_000);
  });

  it("is there while signs come", () => {
    const pulse = new Pulse(1_000, 0);
    for (let at = 0; at < 5_000; at += 500) {
      pulse.hear(at);
      expect(hangsAt(pulse, at + 250, at + 500)).toBeUndefined();
    }
    expect(hangsAt(pulse, 5_250, 9_000)).toBe(5_500);
  });

  it("is not missed where nobody looked for as long, and is from then on", () => {
    const pulse = new Pulse(1_000, 0);
    expect(hangsAt(pulse, 250, 500)).toBeUndefined();
    expect(hangsAt(pulse, 60_000, 60_750)).toBeUndefined();
    expect(hangsAt(pulse, 61_000, 70_000)).toBe(61_000);
  });
});
