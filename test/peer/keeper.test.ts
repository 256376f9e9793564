import { expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import type { DialerContext } from "../../src/peer/dialer.ts";
import { Keeper } from "../../src/peer/keeper.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { SeededRandom } from "../../src/sim/random.ts";

/** Its one address is looked up for as long as the test likes; none is ever found, so nothing is dialled. */
function keptTarget() {
  let fail: (cause: Error) => void = () => {};
  const resolve = (): Promise<readonly Address[]> =>
    new Promise((_, reject) => {
      fail = reject;
    });
  const target = { name: "gateway.example.com:9443", expect: undefined, resolve };
  return { target, fail: () => fail(new Error("no such name")) };
}

function scene() {
  const clock = new VirtualClock();
  const { target, fail } = keptTarget();
  const silent = { log: { write: () => {} }, meter: { count: () => {} } };
  const ports = { clock, random: new SeededRandom(1), ...silent };
  return { clock, fail, keeper: new Keeper(target, {} as DialerContext, ports) };
}

it("a keeper rests after an attempt that failed, until it is closed", async () => {
  const { clock, fail, keeper } = scene();
  fail();
  await clock.advance(0);
  expect(clock.pending).toBe(1);
  keeper.close();
  expect(clock.pending).toBe(0);
});

it("a keeper that is closed while it dials leaves no timer behind, which would keep the process alive", async () => {
  const { clock, fail, keeper } = scene();
  keeper.close();
  fail();
  await clock.advance(0);
  expect(clock.pending).toBe(0);
});
