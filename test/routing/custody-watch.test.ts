import { describe, expect, it } from "vitest";
import { LinkTable } from "../../src/peer/link-table.ts";
import { CustodyWatch } from "../../src/routing/custody-watch.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { KeptLink } from "./links.ts";

/** A clock whose owner can be kept from running: time passes, and nothing happens meanwhile. */
class StallingClock extends VirtualClock {
  #stalled = 0;

  override now(): number {
    return super.now() + this.#stalled;
  }

  stall(duration: number): void {
    this.#stalled += duration;
  }
}

function scene() {
  const clock = new StallingClock();
  const table = new LinkTable(new SeededRandom(1));
  const link = new KeptLink(clock, 1);
  table.add(link);
  const lost: string[] = [];
  const watch = new CustodyWatch(clock, table, (from, bytes, start, end) =>
    lost.push(`${from.label}: ${bytes.subarray(start, end).join()}`),
  );
  const send = (...bytes: number[]): void => {
    link.sendRouted(Uint8Array.from(bytes), 0, bytes.length, true, clock.now());
    watch.began();
  };
  return { clock, link, lost, watch, send };
}

describe("frames that a neighbour does not tell of", () => {
  it("are handed on when their time is over, and the neighbour is suspect until it tells", async () => {
    const { clock, link, lost, send } = scene();
    send(1, 2);
    send(3);
    await clock.advance(350);
    expect([lost, link.isSuspect]).toEqual([[], false]);
    await clock.advance(50);
    expect([lost, link.isSuspect]).toEqual([["1: 1,2", "1: 3"], true]);
    link.custody.taken(2, clock.now());
    expect(link.isSuspect).toBe(false);
  });

  it("are handed on at once when its link ends", () => {
    const { link, lost, watch, send } = scene();
    send(4);
    watch.linkLost(link);
    expect(lost).toEqual(["1: 4"]);
  });

  it("are given more time where this node has slept itself", async () => {
    const { clock, link, lost, send } = scene();
    send(5);
    clock.stall(2_000);
    await clock.advance(249);
    expect([lost, link.isSuspect]).toEqual([[], false]);
    await clock.advance(1);
    expect([lost, link.isSuspect]).toEqual([["1: 5"], true]);
  });

  it("are nobody's once the node closes", async () => {
    const { clock, link, lost, watch, send } = scene();
    send(6);
    watch.close();
    watch.linkLost(link);
    send(7);
    await clock.advance(1_000);
    expect(lost).toEqual([]);
  });
});

it("nothing is looked at while all is told", async () => {
  const { clock, link, send } = scene();
  send(1);
  link.custody.taken(1, clock.now());
  await clock.advance(200);
  const { events } = clock;
  await clock.advance(10_000);
  expect([clock.events - events, link.custody.memory]).toEqual([0, 0]);
});
