import { describe, expect, it } from "vitest";
import type { DemoReport } from "../../src/cli/demo/demo-report.ts";
import { drawReport } from "../../src/cli/demo/draw.ts";

const links = { A: 2, B: 2, C: 2, provider: 1, client: 1 };

const report: DemoReport = {
  ok: true,
  calls: 1_000,
  failures: 0,
  hops: 3,
  forwarders: 3,
  linksBefore: links,
  linksAfter: links,
  coldStartMs: 91.5,
  p50Ms: 0.31,
  p99Ms: 1.25,
  route: [
    { node: "c".repeat(64), role: "client", rule: "label", ms: 0 },
    { node: "a".repeat(64), role: "A", rule: "label", ms: 0.1 },
    { node: "b".repeat(64), role: "provider", rule: "deliver", ms: 0.2 },
  ],
};

describe("the drawing of the demo", () => {
  it("shows every station in order, and the time of each hop between them", () => {
    const drawing = drawReport(report);
    expect(drawing).toMatch(
      /● client .*cccccccc\n.*0\.10 ms.*\n.*○ A .*aaaaaaaa\n.*0\.20 ms.*\n.*● provider .*bbbbbbbb\n/,
    );
  });

  it("states the figures and the links before and after", () => {
    const drawing = drawReport(report);
    expect(drawing).toContain("1,000, 0 failed");
    expect(drawing).toContain("0.31 ms");
    expect(drawing).toContain("before: A 2, B 2, C 2, provider 1, client 1");
    expect(drawing).toContain("✓");
  });

  it("says so where the demo did not hold", () => {
    const drawing = drawReport({ ...report, ok: false, failures: 3 });
    expect(drawing).toContain("1,000, 3 failed");
    expect(drawing).toContain("✗");
    expect(drawing).not.toContain("✓");
  });
});
