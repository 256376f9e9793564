import { describe, expect, it } from "vitest";
import { failureOf, isHopeless, type PunchOutcome } from "../../src/nat/punch-failure.ts";
import type { Mapping } from "../../src/wire/punch.ts";

describe("why no link could be opened", () => {
  it.each<[PunchOutcome, Mapping, Mapping, number, RegExp, number]>([
    [{ kind: "silence" }, "stable", "unknown", 1, /not answered/, 60_000],
    [{ kind: "refused", code: "overloaded" }, "stable", "stable", 1, /no link: overloaded/, 60_000],
    [{ kind: "unvouched", reason: "why" }, "stable", "stable", 1, /not believed: why/, 60_000],
    [{ kind: "hopeless" }, "varying", "varying", 1, /both .* symmetric/, 1_800_000],
    [{ kind: "blocked" }, "stable", "stable", 1, /peer$/, 35_000],
    [{ kind: "blocked" }, "stable", "stable", 2, /no packet/, 600_000],
    [
      { kind: "blocked" },
      "varying",
      "stable",
      1,
      /^no packet .*: this node's NAT is symmetric/,
      35_000,
    ],
    [{ kind: "blocked" }, "stable", "varying", 1, /and this node's seems to let in/, 35_000],
    [{ kind: "blocked" }, "varying", "stable", 2, /this node's NAT is symmetric/, 1_800_000],
    [{ kind: "blocked" }, "stable", "varying", 2, /the peer's NAT is symmetric/, 1_800_000],
    [{ kind: "blocked" }, "unknown", "unknown", 3, /no packet/, 600_000],
  ])("%j, %s here, %s there, %i times", (outcome, own, peer, times, reason, pause) => {
    const failure = failureOf(outcome, { own, peer }, times);
    expect(failure.reason).toMatch(reason);
    expect(failure.pause).toBe(pause);
  });

  it("is known beforehand where both mappings vary, and nowhere else", () => {
    const mappings: Mapping[] = ["unknown", "stable", "varying"];
    const hopeless = mappings.flatMap((own) =>
      mappings.filter((peer) => isHopeless({ own, peer })).map((peer) => [own, peer]),
    );
    expect(hopeless).toEqual([["varying", "varying"]]);
  });
});
