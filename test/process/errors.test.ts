import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hostPort } from "./chain.ts";
import { type Ended, macula, Running, startNode } from "./command.ts";

const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
const file = (name: string, content: string, mode = 0o600): string => {
  const path = join(directory, name);
  writeFileSync(path, content, { mode });
  return path;
};
const fixture = (name: string): string => `test/process/fixtures/${name}.mjs`;

/** One line on stderr that names the code, nothing on stdout, and no stack. */
function expectOneLine(ended: Ended, exitCode: number, line: RegExp): void {
  expect(ended).toMatchObject({ code: exitCode, stdout: "" });
  expect(ended.stderr).toMatch(/^[^\n]+\n$/);
  expect(ended.stderr).toMatch(line);
}

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a wrong command line", () => {
  it.each([
    ["call", /^macula call: usage: too few operands/],
    ["nonsense", /^macula nonsense: usage: there is no command "nonsense"/],
    ["start --nonsense", /^macula start: usage: .*--nonsense/],
    ["start --timeout never", /^macula start: usage: --timeout is a whole number/],
    ["start --bootstrap nowhere", /^macula start: bad_config: .*"nowhere" is not an address/],
    ["start --listen 127.0.0.1:99999", /^macula start: bad_config: .*99999/],
    ["start --listen 127.0.0.1:0 --bootstrap xyz@127.0.0.1:1", /^macula start: bad_config: /],
    ["call echo", /^macula call: usage: .*--bootstrap/],
    ["call echo {a:1} --bootstrap a:1", /^macula call: usage: the argument is not JSON/],
    ["serve no-such-file.mjs", /^macula serve: usage: no-such-file.mjs cannot be loaded/],
    [`serve ${fixture("empty")}`, /exports no function/],
    [`serve ${fixture("broken")}`, /cannot be loaded: this module breaks when it is loaded/],
    ["sim no-such-scenario", /^macula sim: usage: there is no scenario/],
    ["--bootstrap", /^macula: usage: /],
  ])("macula %s: one line, exit code 2", async (line, message) => {
    expectOneLine(await macula(...line.split(" ")), 2, message);
  });
});

describe("a node that cannot start", () => {
  it("says that its port is in use", async () => {
    await using holder = (await startNode("start", "--listen", "127.0.0.1:0")).running;
    const { addresses } = JSON.parse(holder.stdout) as { addresses: string[] };
    const taken = hostPort(addresses[0] as string);

    expectOneLine(
      await macula("start", "--listen", taken),
      3,
      new RegExp(`^macula start: address_in_use: .*${taken}.*--listen`),
    );
  });

  it.each([
    ["is corrupt", () => file("corrupt.key", "not a key")],
    ["is empty", () => file("empty.key", "")],
    ["may be read by others", () => file("loose.key", "x".repeat(32), 0o644)],
    [
      "is a directory",
      () => mkdirSync(join(directory, "d"), { recursive: true }) ?? join(directory, "d"),
    ],
    ["cannot be made", () => join(directory, "missing", "a.key")],
  ])("says that its key file %s, and leaves it alone", async (_what, make) => {
    const path = make();
    const ended = await macula("start", "--listen", "127.0.0.1:0", "--identity", path);
    expectOneLine(ended, 3, /^macula start: bad_key_file: /);
    expect(ended.stderr).toContain(path);
  });

  it("does not touch a corrupt key file", async () => {
    const path = file("kept.key", "my only copy");
    await macula("id", "--identity", path);
    expect(readFileSync(path, "utf8")).toBe("my only copy");
  });
});

describe("macula id", () => {
  it("makes a key file that only its owner can read, and shows the same id again", async () => {
    const path = join(directory, "new.key");
    const first = await macula("id", "--identity", path);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await macula("id", "--identity", path, "--json");
    expect(JSON.parse(again.stdout)).toEqual({
      id: first.stdout.trim(),
      file: path,
      created: false,
    });
  });
});

describe("the help", () => {
  it.each(["demo", "start", "serve", "call", "id", "sim"])(
    "teaches %s by example",
    async (name) => {
      const { code, stdout, stderr } = await macula(name, "--help");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`Examples\\n.*macula ${name}`));
      expect((await macula("help", name)).stdout).toBe(stdout);
    },
  );

  it("lists the commands, and the version is the package's", async () => {
    expect((await macula()).stdout).toContain("First steps");
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect((await macula("--version")).stdout).toBe(`${version}\n`);
  });
});

describe("Ctrl-C", () => {
  it.each<NodeJS.Signals>(["SIGINT", "SIGTERM"])("ends a node that stays (%s)", async (signal) => {
    const { running } = await startNode("start", "--listen", "127.0.0.1:0");
    await using node = running;
    node.kill(signal);
    expect(await node.ended).toMatchObject({ code: 0, signal: null });
  });

  it("ends the demo, and all of its processes", async () => {
    await using demo = new Running(["demo", "--calls", "1000000"]);
    await demo.until((it) => it.stdout.includes("making"), "the demo runs");
    const pids = [...demo.stdout.matchAll(/process (\d+)/g)].map((found) => Number(found[1]));
    demo.kill("SIGINT");
    expect(await demo.ended).toMatchObject({ code: 130, signal: null });
    expect(demo.stderr).toMatch(/^macula demo: cancelled: [^\n]+\n$/);

    expect(pids).toHaveLength(5);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
