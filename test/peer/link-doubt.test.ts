import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/sim/clock.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { KeptLink } from "../routing/links.ts";

async function at(time: number): Promise<{ clock: VirtualClock; link: KeptLink }> {
  const clock = new VirtualClock();
  const link = new KeptLink(clock, 1);
  await clock.advance(time);
  return { clock, link };
}

describe("a link on which something is late", () => {
  it("has its peer asked, and is silent when that gets no answer for a while", async () => {
    const { clock, link } = await at(1_000);
    expect(link.isSilent()).toBe(false);
    expect(link.frames.map((frame) => frame[1])).toEqual([TYPE.ping]);
    await clock.advance(199);
    expect(link.isSilent()).toBe(false);
    await clock.advance(1);
    expect(link.isSilent()).toBe(true);
    expect(link.frames).toHaveLength(1);
  });

  it("is not silent where anything comes from the peer", async () => {
    const { clock, link } = await at(1_000);
    link.isSilent();
    await clock.advance(300);
    link.liveness.heard(clock.now());
    expect(link.isSilent()).toBe(false);
    expect(link.frames).toHaveLength(2);
  });

  it("is suspect while it is doubted, until the peer is heard", async () => {
    const { clock, link } = await at(1_000);
    expect(link.isSuspect).toBe(false);
    expect([link.doubt(), link.doubt(), link.isSuspect]).toEqual([true, false, true]);
    await clock.advance(5);
    link.liveness.heard(clock.now());
    expect(link.isSuspect).toBe(false);
    expect(link.doubt()).toBe(true);
  });
});
