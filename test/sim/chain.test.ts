import { describe, expect, it } from "vitest";
import { chain } from "../../src/sim/scenarios/chain.ts";

describe("the chain scenario", () => {
  it.each([3, 5, 9, 18])("delivers every call along %i nodes", async (nodes) => {
    const report = await chain({ nodes, seed: 1 });
    expect(report).toMatchObject({ ok: true, failures: 0, forwarders: nodes - 2 });
    expect(report.route.at(-1)?.rule).toBe("deliver");
    expect(new Set(report.route.map((hop) => hop.node)).size).toBe(nodes - 1);
  });

  it("repeats itself for a seed, and differs for another", async () => {
    const first = await chain({ nodes: 5, seed: 1 });
    const again = await chain({ nodes: 5, seed: 1 });
    const other = await chain({ nodes: 5, seed: 2 });
    expect(again).toEqual(first);
    expect(other.ok).toBe(true);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  it.each([2, 19])("refuses %i nodes, which make no chain a call could cross", async (nodes) => {
    await expect(chain({ nodes, seed: 1 })).rejects.toMatchObject({ code: "bad_config" });
  });
});
