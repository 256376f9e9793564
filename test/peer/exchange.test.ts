import { describe, expect, it } from "vitest";
import { Deadlines } from "../../src/base/deadlines.ts";
import { MeshError } from "../../src/base/errors.ts";
import { Exchange } from "../../src/peer/exchange.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { failure } from "../base/failure.ts";
import { tinyId } from "../base/tiny.ts";

const PEER = tinyId(1);
const OTHER = tinyId(2);

function exchange(): { clock: VirtualClock; it: Exchange<string> } {
  const clock = new VirtualClock();
  return { clock, it: new Exchange<string>(new Deadlines(clock), new SeededRandom(1)) };
}

describe("an exchange", () => {
  it("gives an answer to who asked", async () => {
    const { it } = exchange();
    const first = it.begin(PEER, 1_000);
    const second = it.begin(PEER, 1_000);
    expect(it.settle(second.number, PEER, "two")).toBe(true);
    expect(it.settle(first.number, PEER, "one")).toBe(true);
    expect(await Promise.all([first.answer, second.answer])).toEqual(["one", "two"]);
    expect(it.size).toBe(0);
  });

  it("takes an answer once, and only from who was asked", async () => {
    const { it } = exchange();
    const asked = it.begin(PEER, 1_000);
    expect(it.settle(asked.number, OTHER, "forged")).toBe(false);
    expect(it.settle(asked.number + 1, PEER, "stray")).toBe(false);
    expect(it.settle(asked.number, PEER, "true")).toBe(true);
    expect(it.settle(asked.number, PEER, "again")).toBe(false);
    expect(await asked.answer).toBe("true");
  });

  it("rejects with timeout when the time is over, and forgets", async () => {
    const { clock, it } = exchange();
    const asked = it.begin(PEER, 1_000);
    const outcome = expect(asked.answer).rejects.toMatchObject({ code: "timeout" });
    await clock.advance(999);
    expect(it.size).toBe(1);
    await clock.advance(20);
    await outcome;
    expect([it.size, it.settle(asked.number, PEER, "late")]).toEqual([0, false]);
  });

  it("can be ended early, one or all", async () => {
    const { clock, it } = exchange();
    const [first, second, third] = [1, 2, 3].map(() => it.begin(PEER, 1_000));
    const outcomes = [first, second, third].map((asked) =>
      asked?.answer.catch((cause: MeshError) => cause.code),
    );
    first?.fail(new MeshError("no_route", "dead end"));
    first?.fail(new MeshError("internal", "too late"));
    it.close(new MeshError("closed", "the end"));
    expect(await Promise.all(outcomes)).toEqual(["no_route", "closed", "closed"]);
    expect([it.size, clock.pending > 1]).toEqual([0, false]);
  });

  it("has no more than 16,384 open", () => {
    const { it } = exchange();
    for (let at = 0; at < 16_384; at++) it.begin(PEER, 1_000).answer.catch(() => {});
    expect(failure(() => it.begin(PEER, 1_000))).toBe("overloaded");
  });
});
