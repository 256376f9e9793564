import { describe, expect, it } from "vitest";
import { Accepts } from "../../src/routing/accepts.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { HEADER_BYTES, TYPE } from "../../src/wire/frame.ts";
import { readHopAccept } from "../../src/wire/route-control.ts";
import { KeptLink } from "./links.ts";

function scene() {
  const clock = new VirtualClock();
  const link = new KeptLink(clock, 1);
  const accepts = new Accepts(clock);
  return { clock, link, accepts, told: () => link.frames.map(totalIn) };
}

/** What a word of receipt says; `undefined` for any other frame. */
function totalIn(frame: Uint8Array): number | undefined {
  if (frame[1] !== TYPE.hopAccept) return undefined;
  return readHopAccept(frame, HEADER_BYTES, frame.length);
}

/** A route frame, as far as a link looks at it. */
const FRAME = Uint8Array.of(1, TYPE.rpcRoute, 0, 0, 0, 0, 0, 0, 9);

function take(here: ReturnType<typeof scene>, count: number): void {
  here.link.usedAt = here.clock.now();
  for (let frame = 0; frame < count; frame++) here.accepts.took(here.link);
}

describe("a neighbour is told of its frames", () => {
  it("by one number, with a frame that comes 20 ms after the first one", async () => {
    const here = scene();
    take(here, 7);
    await here.clock.advance(19);
    take(here, 3);
    expect(here.told()).toEqual([]);
    await here.clock.advance(1);
    take(here, 1);
    expect(here.told()).toEqual([11]);
  });

  it("also where none comes any more, 100 ms after the first one", async () => {
    const here = scene();
    take(here, 7);
    await here.clock.advance(99);
    expect(here.told()).toEqual([]);
    await here.clock.advance(1);
    expect(here.told()).toEqual([7]);
    await here.clock.advance(1_000);
    take(here, 1);
    here.link.tellTaken(here.clock.now());
    await here.clock.advance(70);
    take(here, 1);
    await here.clock.advance(99);
    expect(here.told()).toEqual([7, 8]);
    await here.clock.advance(1);
    expect(here.told()).toEqual([7, 8, 9]);
  });

  it("with what leaves anyway, where the last word is 10 ms old", async () => {
    const here = scene();
    const send = (): boolean =>
      here.link.sendRouted(FRAME, 0, FRAME.length, true, here.clock.now());
    take(here, 1);
    send();
    expect(here.told()).toEqual([1, undefined]);
    take(here, 2);
    await here.clock.advance(9);
    send();
    expect(here.told()).toEqual([1, undefined, undefined]);
    await here.clock.advance(1);
    send();
    expect(here.told()).toEqual([1, undefined, undefined, 3, undefined]);
    await here.clock.advance(100);
    send();
    expect(here.told().slice(5)).toEqual([undefined]);
  });

  it("at once after 256", async () => {
    const here = scene();
    take(here, 600);
    expect(here.told()).toEqual([257, 514]);
    await here.clock.advance(100);
    expect(here.told()).toEqual([257, 514, 600]);
  });

  it("again, until the link has taken it: it may send nothing before it hears", async () => {
    const here = scene();
    here.link.carrier.isFull = true;
    take(here, 5);
    await here.clock.advance(200);
    here.link.carrier.isFull = false;
    await here.clock.advance(100);
    expect(here.told()).toEqual([5]);
  });

  it("no more once its link has ended", async () => {
    const here = scene();
    here.link.carrier.isFull = true;
    take(here, 5);
    here.link.ended = { code: 0, reason: "over", by: "peer" };
    await here.clock.advance(100);
    const { events } = here.clock;
    await here.clock.advance(1_000);
    expect([here.told(), here.clock.events - events]).toEqual([[], 0]);
  });

  it("no more once the node closes", async () => {
    const here = scene();
    take(here, 5);
    here.accepts.close();
    await here.clock.advance(200);
    expect(here.told()).toEqual([]);
  });
});
