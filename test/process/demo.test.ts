import { describe, expect, it } from "vitest";
import { macula, Running } from "./command.ts";

describe("the demo", () => {
  it("prints one object whose every part holds", async () => {
    const { code, stdout } = await macula("demo", "--calls", "200", "--json");

    expect(code).toBe(0);
    expect(stdout).toMatch(/^[^\n]+\n$/);
    const links = { A: 2, B: 2, C: 2, provider: 1, client: 1 };
    const report = JSON.parse(stdout) as { coldStartMs: number; p50Ms: number; p99Ms: number };
    expect(report).toEqual({
      ok: true,
      calls: 200,
      failures: 0,
      hops: 3,
      forwarders: 3,
      linksBefore: links,
      linksAfter: links,
      coldStartMs: expect.any(Number),
      p50Ms: expect.any(Number),
      p99Ms: expect.any(Number),
      route: ["client", "A", "B", "C", "provider"].map((role) => ({
        node: expect.stringMatching(/^[0-9a-f]{64}$/),
        role,
        rule: expect.any(String),
        ms: expect.any(Number),
      })),
    });
    expect(report.coldStartMs).toBeGreaterThan(0);
    expect(report.p99Ms).toBeGreaterThanOrEqual(report.p50Ms);
  });

  it("draws the way without escape codes where nobody sees colour", async () => {
    const { code, stdout } = await macula("demo", "--calls", "20");
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for just that
    expect(stdout).not.toMatch(/\u001b/);
    expect(stdout).toMatch(/● client[\s\S]*○ A[\s\S]*○ B[\s\S]*○ C[\s\S]*● provider/);
  });

  it("fails clearly and ends the others where one of its processes dies", async () => {
    await using demo = new Running(["demo", "--calls", "1000000"]);
    await demo.until((it) => it.stdout.includes("making"), "the demo runs");
    const pids = [...demo.stdout.matchAll(/process (\d+)/g)].map((found) => Number(found[1]));
    process.kill(pids[4] as number, "SIGKILL");
    const { code, stderr } = await demo.ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^macula demo: internal: process client ended with SIGKILL/);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
