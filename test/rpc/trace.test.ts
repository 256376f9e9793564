import { describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import { Trace } from "../../src/rpc/trace.ts";
import { tinyId } from "../base/tiny.ts";

const attempt = (at: number) =>
  ({ at, provider: tinyId(1), via: tinyId(2), rule: "greedy" }) as const;
const noRoute = new MeshError("no_route", "no way on");
const late = new MeshError("timeout", "no answer");

describe("the trace of a call", () => {
  it("has a failure for each attempt, the first one that was told", () => {
    const trace = new Trace();
    trace.failed(noRoute);
    trace.sent(attempt(0));
    trace.failed(noRoute);
    trace.sent(attempt(1));
    trace.sent(attempt(2));
    trace.unanswered(late);
    trace.failed(noRoute);
    trace.sent(attempt(3));
    expect(trace.attempts.map(({ at, failure }) => [at, failure?.code])).toEqual([
      [0, "no_route"],
      [1, "timeout"],
      [2, "timeout"],
      [3, undefined],
    ]);
  });

  it("keeps 64 attempts, the last one among them", () => {
    const trace = new Trace();
    for (let at = 0; at < 100; at++) trace.sent(attempt(at));
    expect(trace.attempts).toHaveLength(64);
    expect(trace.attempts.at(-1)?.at).toBe(99);
  });
});
