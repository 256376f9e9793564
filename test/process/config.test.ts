import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Running, startNode } from "./command.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "macula-config-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function file(entries: object, name = "macula.json"): string {
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify(entries));
  return path;
}

async function ended(words: readonly string[], environment: Record<string, string> = {}) {
  const running = new Running(words, environment);
  running.write("");
  return await running.ended;
}

describe("macula config check", () => {
  it("explains each value and where it came from", async () => {
    const path = file({ realm: "com.example.shop", timeout: 7_000, bootstrap: ["192.0.2.7:9443"] });
    const { code, stdout, stderr } = await ended(
      ["config", "check", "--config", path, "--mode", "gateway", "--json"],
      { MACULA_TIMEOUT: "9000", MACULA_REALMS: "x" },
    );
    const report = JSON.parse(stdout) as { settings: { name: string }[] };
    const told = (name: string) => report.settings.find((it) => it.name === name);
    expect([code, stderr, report]).toMatchObject([0, "", { ok: true, problems: [] }]);
    expect(told("realm")).toEqual({ name: "realm", value: "com.example.shop", from: "file", path });
    expect(told("bootstrap")).toMatchObject({ value: ["192.0.2.7:9443"], from: "file" });
    expect(told("mode")).toEqual({ name: "mode", value: "gateway", from: "flag" });
    expect(told("timeout")).toMatchObject({ value: 9_000, variable: "MACULA_TIMEOUT" });
    expect(told("links")).toEqual({ name: "links", value: "auto", from: "default" });
    expect(told("identity")).toEqual({ name: "identity", from: "nowhere" });
    expect(report).toMatchObject({
      unknown: ["MACULA_REALMS is no setting; did you mean MACULA_REALM?"],
    });
  });

  it("tells all that is wrong, and ends with 2", async () => {
    const path = file({ realms: "a.b", timeout: "soon", mode: "king" });
    const { code, stdout } = await ended(["config", "check", "--config", path]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^wrong: "realms" in .* is no setting; did you mean realm\?$/m);
    expect(stdout).toMatch(/^wrong: "timeout" in .* has to be a number, without quotes$/m);
    expect(stdout).toMatch(/^wrong: --mode \(from .*macula\.json\) is one of .*, not "king"$/m);
    expect(stdout).toMatch(/^3 to mend$/m);
  });

  it.each([
    [{ "admin-cert": "a.pem" }, /--admin-cert and --admin-key go together/],
    [{ admin: "127.0.0.1:0" }, /--admin needs a file for its token/],
    [{ mode: "gateway", listen: "off" }, /--mode gateway is a node that others dial/],
    [{ bootstrap: ["nowhere"] }, /"nowhere" is not an address/],
    [{ realm: "..", mode: "edge" }, /realm/],
  ])("finds what does not go together in %j", async (entries, message) => {
    const { code, stdout } = await ended(["config", "check", "--config", file(entries), "--json"]);
    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: string[] };
    expect([code, ok, problems]).toEqual([2, false, [expect.stringMatching(message)]]);
  });

  it("never shows a secret, also where one stands in the place of a file's name", async () => {
    const secret = `macula-join-1/mesh.${"0".repeat(24)}/${"a".repeat(64)}@192.0.2.7:1/aaaa-bbbb-cccc`;
    const token = "s3cret".repeat(20);
    const path = file({ join: secret, "admin-token": token, identity: "./node.key" });
    for (const json of [[], ["--json"]]) {
      const { stdout, stderr } = await ended(["config", "check", "--config", path, ...json]);
      expect(stdout + stderr).not.toContain("mesh.000");
      expect(stdout + stderr).not.toContain("s3cret");
      expect(stdout).toContain(`(${secret.length} characters, not shown)`);
      expect(stdout).toContain("./node.key");
    }
  });

  it("says what to write where it is asked for something else", async () => {
    const { code, stderr } = await ended(["config", "show"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/write macula config check/)]);
  });
});

describe("a node that is configured by a file", () => {
  it("runs as the file says", async () => {
    const path = file({
      listen: "127.0.0.1:0",
      mode: "gateway",
      control: join(directory, "a.sock"),
    });
    const { running, id, address } = await startNode("start", "--config", path);
    await using _running = running;
    const status = await ended(["status", "--config", path, "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ ok: true, id, mode: "gateway" });
    expect(address).toContain("127.0.0.1:");
    const top = await ended(["top", "--config", path, "--json", "--once"]);
    expect(JSON.parse(top.stdout)).toMatchObject({ ok: true, id, ready: true, links: [] });
    const drawn = await ended(["top", "--config", path]);
    expect(drawn.stdout).toMatch(/^[0-9a-f]{8} {2}gateway {2}ready, healthy/);
    expect(drawn.stdout).not.toContain("\u001b");
  });

  it.each([
    ["start", { realms: "a.b" }, /^macula start: usage: "realms" in .*did you mean realm\?\n$/],
    ["status", { timeout: "5" }, /^macula status: usage: "timeout" in .* has to be a number/],
  ])("is not started (%s) by a wrong one: one line, exit code 2", async (name, entries, line) => {
    const { code, stdout, stderr } = await ended([name, "--config", file(entries)]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(line);
    expect(stderr.trim()).not.toContain("\n");
  });

  it("is told in one line which flag or command was meant", async () => {
    expect((await ended(["start", "--relm", "a.b"])).stderr).toBe(
      "macula start: usage: there is no flag --relm; did you mean --realm?; see macula start --help\n",
    );
    expect((await ended(["strat"])).stderr).toMatch(/did you mean start\?\n$/);
  });
});

describe("macula key", () => {
  it("makes a key file for its owner alone, shows its id, and never replaces it", async () => {
    const path = join(directory, "a.key");
    const made = await ended(["key", "create", path]);
    expect(made.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const shown = await ended(["key", "show", path, "--json"]);
    const id = made.stdout.trim();
    expect(JSON.parse(shown.stdout)).toEqual({ id, file: path, created: false });
    const again = await ended(["key", "create", path]);
    expect([again.code, again.stdout]).toEqual([3, ""]);
    expect(again.stderr).toMatch(/^macula key: bad_key_file: .*never replaced/);
    expect((await ended(["key", "show", path])).stdout).toBe(made.stdout);
    const none = await ended(["key", "show", join(directory, "none.key")]);
    expect([none.code, none.stderr]).toEqual([3, expect.stringMatching(/macula key create/)]);
  });
});
