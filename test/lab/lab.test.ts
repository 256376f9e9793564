import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../lab/main.mjs", import.meta.url));
/** Milliseconds; seven processes start one after another, on a machine that may be busy. */
const DEADLINE = 60_000;

/** Runs the command to its end; nothing is thrown for how that came about. */
function lab(...words: readonly string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { timeout: DEADLINE }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

describe("lab kill-relays", () => {
  it(
    "kills relays of real processes under calls, and counts what became of each call",
    async () => {
      const words = ["--seconds", "8", "--every", "3", "--rate", "50", "--json"];
      const { code, stdout, stderr } = await lab("kill-relays", ...words);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ lab: "kill-relays", ok: true, seconds: 8, rate: 50 });
      expect(report.kills).toHaveLength(2);
      expect(report.calls).toMatchObject({ calls: 400, answered: 400, errors: {} });
      expect(report.executions).toEqual({ calls: 400, repeated: 0 });
    },
    DEADLINE,
  );
});

describe("the command line of the lab", () => {
  it.each([
    [[], "name one of kill-relays"],
    [["nothing"], "name one of kill-relays"],
    [["kill-relays", "--rate", "fast"], "--rate is a number from 1 to 5000"],
    [["kill-relays", "--what"], "Unknown option '--what'"],
  ])("refuses %j with exit code 2", async (words, message) => {
    const { code, stdout, stderr } = await lab(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
