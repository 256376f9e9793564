import { describe, expect, it } from "vitest";
import { CALLERS_MAX, Executed, GROWN_BYTES_MAX } from "../../src/rpc/executed.ts";
import { writeUint16, writeUint32 } from "../../src/wire/frame.ts";
import { tinyId } from "../base/tiny.ts";

const CALLER = tinyId(1);

function callId(counter: number, life = 1): Uint8Array {
  const id = new Uint8Array(16).fill(life, 0, 10);
  writeUint16(id, 10, Math.floor(counter / 2 ** 32));
  writeUint32(id, 12, counter % 2 ** 32);
  return id;
}

describe("a call", () => {
  it("is new until it was executed, and then never again", () => {
    const executed = new Executed();
    expect(executed.state(CALLER, callId(5))).toBe("new");
    executed.mark(CALLER, callId(5), 0);
    expect(executed.state(CALLER, callId(5))).toBe("executed");
    expect(executed.state(CALLER, callId(4))).toBe("new");
    expect(executed.state(CALLER, callId(6))).toBe("new");
  });

  it("is another one in another life of its caller, and of another caller", () => {
    const executed = new Executed();
    executed.mark(CALLER, callId(5), 0);
    expect(executed.state(CALLER, callId(5, 2))).toBe("new");
    expect(executed.state(tinyId(2), callId(5))).toBe("new");
    executed.mark(CALLER, callId(5, 2), 0);
    expect(executed.size).toBe(1);
    expect(executed.state(CALLER, callId(5))).toBe("executed");
  });

  it("is not forgotten however many lives and calls another caller pretends to have", () => {
    const executed = new Executed();
    executed.mark(CALLER, callId(5), 0);
    for (let life = 0; life < 256; life++) executed.mark(tinyId(2), callId(2 ** 40, life), 0);
    expect([executed.size, executed.state(CALLER, callId(5))]).toEqual([2, "executed"]);
    expect(executed.state(tinyId(2), callId(2 ** 40, 255))).toBe("executed");
  });

  it("that lies too far back to be told is not executed", () => {
    const executed = new Executed();
    executed.mark(CALLER, callId(1), 0);
    executed.mark(CALLER, callId(1_000_000), 60_000);
    expect(executed.state(CALLER, callId(1))).toBe("too_old");
    expect(executed.state(CALLER, callId(999_500))).toBe("new");
  });

  it("has a counter of 48 bits", () => {
    const executed = new Executed();
    executed.mark(CALLER, callId(2 ** 40 + 7), 0);
    expect(executed.state(CALLER, callId(2 ** 40 + 7))).toBe("executed");
    expect(executed.state(CALLER, callId(2 ** 40 + 6))).toBe("new");
    expect(executed.state(CALLER, callId(7))).toBe("too_old");
  });
});

it("tells all calls of half a minute apart, however fast they come", () => {
  const executed = new Executed();
  const calls = 200_000;
  // Every other call is executed; all within a second.
  for (let counter = 0; counter < calls; counter += 2) {
    executed.mark(CALLER, callId(counter), counter / 200);
  }
  for (let counter = 0; counter < calls; counter += 997) {
    const state = executed.state(CALLER, callId(counter));
    expect([counter, state]).toEqual([counter, counter % 2 === 0 ? "executed" : "new"]);
  }
});

it("of a burst whose last call comes first all are told apart", () => {
  const executed = new Executed();
  executed.mark(CALLER, callId(1), 0);
  executed.mark(CALLER, callId(50_000), 10);
  for (let counter = 49_999; counter > 1; counter -= 7) {
    expect(executed.state(CALLER, callId(counter))).toBe("new");
    executed.mark(CALLER, callId(counter), 20);
  }
  expect(executed.state(CALLER, callId(1))).toBe("executed");
});

it("callers who count fast, or pretend to, take a bounded memory together", () => {
  const executed = new Executed();
  const callers = 300;
  for (let caller = 0; caller < callers; caller++) {
    for (let step = 0; step < 12; step++) {
      executed.mark(tinyId(caller), callId(step * 900_000, caller % 256), 0);
    }
  }
  expect(executed.grownBytes).toBeGreaterThan(GROWN_BYTES_MAX / 2);
  expect(executed.grownBytes).toBeLessThanOrEqual(GROWN_BYTES_MAX);
  for (let caller = 0; caller < CALLERS_MAX; caller++) {
    executed.mark(tinyId(1_000 + caller), callId(1), 0);
  }
  expect([executed.size, executed.grownBytes]).toEqual([CALLERS_MAX, 0]);
});

it("a window that grows knows no more of the past than before", () => {
  const executed = new Executed();
  executed.mark(CALLER, callId(5), 0);
  executed.mark(CALLER, callId(5_000), 60_000); // Slow: it slides.
  expect(executed.state(CALLER, callId(5))).toBe("too_old");
  executed.mark(CALLER, callId(7_500), 60_001); // Fast: it grows, and would reach back to the first.
  expect(executed.grownBytes).toBeGreaterThan(0);
  expect(executed.state(CALLER, callId(5))).toBe("too_old");
  expect(executed.state(CALLER, callId(5_000))).toBe("executed");
});

it("a slow caller's window stays small and slides", () => {
  const executed = new Executed();
  for (let counter = 0; counter < 10_000; counter++) {
    executed.mark(CALLER, callId(counter), counter * 1_000);
  }
  expect(executed.state(CALLER, callId(100))).toBe("too_old");
  expect(executed.state(CALLER, callId(9_500))).toBe("executed");
});
