import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stderrLog } from "../../src/cli/stderr-log.ts";

const ID = "ab12cd34".padEnd(64, "0");

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe("the log on stderr", () => {
  it("is a line an event: time, level, name, fields, and what to do where something is wrong", () => {
    const log = stderrLog("debug");
    log.write("warn", "cast_failed", { procedure: "a.b", code: "timeout", reason: undefined });
    log.write("info", "dialable", { addresses: "192.0.2.7:9443" });
    expect(lines[0]).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z warn cast_failed procedure="a\.b" code="timeout" do="look at [^"]+"\n$/,
    );
    expect(lines[1]).toMatch(/Z info dialable addresses="192\.0\.2\.7:9443"\n$/);
  });

  it("is an object a line for programs", () => {
    stderrLog("info", "json").write("error", "quic_restart", { message: "a\nb", attempt: 2 });
    expect(lines[0]?.endsWith("\n")).toBe(true);
    expect(JSON.parse(lines[0] as string)).toEqual({
      time: expect.stringMatching(/Z$/),
      level: "error",
      event: "quic_restart",
      message: "a\nb",
      attempt: 2,
      do: expect.stringContaining("report"),
    });
  });

  it("tells what is at least as grave as asked for", () => {
    for (const level of ["debug", "info", "warn", "error"] as const)
      stderrLog("warn").write(level, level);
    stderrLog("off").write("error", "none");
    expect(lines.map((line) => line.split(" ")[1])).toEqual(["warn", "error"]);
  });

  it("cuts ids wherever they stand, and what is long, and lets nothing begin a line of its own", () => {
    const log = stderrLog("info");
    log.write("warn", "dial_failed", { target: `${ID}@192.0.2.7:9443`, reason: `${ID}: gone` });
    log.write("warn", "peer_refused", { reason: `x\n2026 error forged ${"y".repeat(9_000)}` });
    expect(lines[0]).toContain('target="ab12cd34@192.0.2.7:9443" reason="ab12cd34: gone"');
    expect(lines[1]?.split("\n")).toHaveLength(2);
    expect(lines[1]?.length).toBeLessThan(700);
  });
});
