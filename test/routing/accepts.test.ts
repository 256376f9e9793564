import { describe, expect, it } from "vitest";
import { Accepts } from "../../src/routing/accepts.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { HEADER_BYTES } from "../../src/wire/frame.ts";
import { readHopAccept } from "../../src/wire/route-control.ts";
import { KeptLink } from "./links.ts";

function scene() {
  const clock = new VirtualClock();
  const link = new KeptLink(clock, 1);
  const accepts = new Accepts(clock);
  return { clock, link, accepts, told: () => link.frames.map(totalIn) };
}

const totalIn = (frame: Uint8Array): number => readHopAccept(frame, HEADER_BYTES, frame.length);

function take({ accepts, link }: ReturnType<typeof scene>, count: number): void {
  for (let frame = 0; frame < count; frame++) accepts.took(link);
}

describe("a neighbour is told of its frames", () => {
  it("by one number, 20 ms after the first one", async () => {
    const here = scene();
    take(here, 7);
    await here.clock.advance(19);
    take(here, 3);
    expect(here.told()).toEqual([]);
    await here.clock.advance(1);
    expect(here.told()).toEqual([10]);
    await here.clock.advance(1_000);
    expect(here.told()).toEqual([10]);
    take(here, 1);
    await here.clock.advance(20);
    expect(here.told()).toEqual([10, 11]);
  });

  it("at once after 256", async () => {
    const here = scene();
    take(here, 600);
    expect(here.told()).toEqual([257, 514]);
    await here.clock.advance(20);
    expect(here.told()).toEqual([257, 514, 600]);
  });

  it("again, until the link has taken it: it may send nothing before it hears", async () => {
    const here = scene();
    here.link.carrier.isFull = true;
    take(here, 5);
    await here.clock.advance(100);
    here.link.carrier.isFull = false;
    await here.clock.advance(20);
    expect(here.told()).toEqual([5]);
  });

  it("no more once its link has ended", async () => {
    const here = scene();
    here.link.carrier.isFull = true;
    take(here, 5);
    here.link.ended = { code: 0, reason: "over", by: "peer" };
    await here.clock.advance(20);
    const { events } = here.clock;
    await here.clock.advance(1_000);
    expect([here.told(), here.clock.events - events]).toEqual([[], 0]);
  });

  it("no more once the node closes", async () => {
    const here = scene();
    take(here, 5);
    here.accepts.close();
    await here.clock.advance(100);
    expect(here.told()).toEqual([]);
  });
});
