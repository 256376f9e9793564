import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { unavailable } from "./needs-lab.ts";

const MAIN = fileURLToPath(new URL("../../lab/main.mjs", import.meta.url));
/** Milliseconds; seven processes start one after another, on a machine that may be busy. */
const DEADLINE = 60_000;

/** Runs the command to its end; nothing is thrown for how that came about. */
function runIn(env: NodeJS.ProcessEnv, words: readonly string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { timeout: DEADLINE, env };
    execFile(process.execPath, [MAIN, ...words], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

const lab = (...words: readonly string[]) => runIn(process.env, words);

describe("lab kill-relays", () => {
  it(
    "kills relays of real processes under calls, and counts what became of each call",
    async () => {
      const words = ["--seconds", "6", "--every", "2.5", "--rate", "50", "--json"];
      const { code, stdout, stderr } = await lab("kill-relays", ...words);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ lab: "kill-relays", ok: true, seconds: 6, rate: 50 });
      expect(report.kills).toHaveLength(2);
      expect(report.calls).toMatchObject({ calls: 300, answered: 300, errors: {} });
      expect(report.executions).toEqual({ calls: 300, repeated: 0 });
    },
    DEADLINE,
  );
});

describe.skipIf(unavailable !== undefined)("lab nat", () => {
  it(
    "has two edges behind NATs call each other, directly in the end and each way",
    async () => {
      // Whether gates are met is up to the machine: a busy one may take its time.
      const words = ["--left", "port", "--right", "cgn-full", "--seconds", "3", "--json"];
      const { stdout } = await lab("nat", "--expect", "direct", ...words);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ lab: "nat", success: 1, emulated: true, couldMeet: true });
      expect(report.nats.left).toMatchObject({ kind: "port", mapping: "EIM", filtering: "APDF" });
      expect(report.calls.leftToRight).toMatchObject({ calls: 60, answered: 60 });
      expect(report.calls.leftToRight.direct).toBeLessThan(60);
      expect(report.ways).toMatchObject({
        leftToRight: { direct: true, via: [] },
        rightToLeft: { direct: true, via: [] },
      });
      const { direct, routed } = report.ways.rightToLeft.medianMs;
      expect(direct).toBeLessThan(routed);
    },
    DEADLINE,
  );

  it(
    "has them call each other through a gateway where neither NAT can be told where to knock",
    async () => {
      const words = ["--left", "sym", "--right", "cgn-sym", "--seconds", "1", "--json"];
      const { stdout } = await lab("nat", "--expect", "routed", ...words);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ lab: "nat", emulated: true, success: 1 });
      expect(report.couldMeet).toBe(false);
      expect(report.nats.right).toMatchObject({ kind: "cgn-sym", mapping: "APDM" });
      expect(report.directMs).toEqual({ leftToRight: null, rightToLeft: null });
      expect(report.ways.rightToLeft.why).toBe("both ends stand behind symmetric NATs");
    },
    DEADLINE,
  );
});

describe.skipIf(unavailable !== undefined)("lab loss", () => {
  it(
    "loses no call where a tenth of the packets is lost, in bursts, and all are late",
    async () => {
      // Bursts are short, so that there are many of them and the share can be judged after three seconds.
      const words = ["--percent", "10", "--burst", "2", "--seconds", "3", "--json"];
      const { code, stdout, stderr } = await lab("loss", ...words);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ lab: "loss", ok: true, emulated: true, lost: 0 });
      expect(report.packets.lost).toBeGreaterThan(0);
      expect(report.calls.p50Ms).toBeGreaterThan(40);
    },
    DEADLINE,
  );
});

describe("a lab that can't be built", () => {
  it("ends with exit code 2 and one line that says what to do", async () => {
    const { code, stdout, stderr } = await runIn({ PATH: "/nowhere" }, ["nat", "--json"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/^lab: the lab needs (?:Linux|root|ip, nft)/);
  });
});

describe("the command line of the lab", () => {
  it.each([
    [[], "name one of kill-relays"],
    [["nothing"], "name one of kill-relays"],
    [["kill-relays", "--rate", "fast"], "--rate is a number from 1 to 5000"],
    [["kill-relays", "--what"], "Unknown option '--what'"],
    [["kill-relays", "--left", "port"], "kill-relays has no --left"],
    [["nat", "--left", "moat"], "--left is one of none, full, addr, port, sym, cgn-port"],
    [["nat-matrix", "--kinds", "port,moat"], "--kinds is one of none"],
    [["nat", "--shared-carrier"], "--shared-carrier needs one kind with a carrier on both sides"],
    [["nat", "--shared-home", "--right", "sym"], "--shared-home needs one kind of NAT on both"],
    [["rebind", "--strategy", "fast"], "--strategy is one of hybrid, multi_hop_only, direct_only"],
    [["rebind", "--left", "none"], "a public side has no router"],
    [["rebind", "--times", "1.5"], "--times is a whole number"],
  ])("refuses %j with exit code 2", async (words, message) => {
    const { code, stdout, stderr } = await lab(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
