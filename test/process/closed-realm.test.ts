import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { macula, startNode } from "./command.ts";

const PROCEDURES = fileURLToPath(new URL("fixtures/procedures.mjs", import.meta.url));
const LISTENING = ["--mode", "gateway", "--listen", "127.0.0.1:0"];

let directory: string;
const at = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "macula-realm-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Runs a command that has to end well, and gives its one line. */
async function line(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await macula(...words);
  expect(code, stderr).toBe(0);
  return stdout.trim();
}

/** Makes a key and a token for a node of this name; gives the flags that it needs. */
async function member(name: string, realm: string, ...how: readonly string[]): Promise<string[]> {
  const id = await line("id", "--identity", at(`${name}.key`));
  await issue(name, id, ...how);
  return ["--realm", realm, "--identity", at(`${name}.key`), "--token", at(`${name}.token`)];
}

async function issue(name: string, id: string, ...how: readonly string[]): Promise<void> {
  const words = ["token", "issue", "--key", at("realm.key"), "--node", id, ...how];
  writeFileSync(at("new.token"), await line(...words));
  renameSync(at("new.token"), at(`${name}.token`));
}

describe("a closed realm, from the command line", () => {
  it("is made, joined with tokens, and shut to everybody else", async () => {
    const realm = await line("realm", "create", "com.example.club", "--key", at("realm.key"));
    expect(realm).toMatch(/^com\.example\.club~[0-9a-f]{64}$/);
    expect(statSync(at("realm.key")).mode & 0o777).toBe(0o600);
    expect(await line("realm", "show", "--key", at("realm.key"))).toBe(realm);

    const gateway = await member("gateway", realm, "--roles", "gateway");
    const host = await startNode("start", ...LISTENING, ...gateway);
    await using _host = host.running;
    const bootstrap = ["--bootstrap", host.address];
    const provider = await member("provider", realm);
    const served = await startNode("serve", PROCEDURES, ...provider, ...bootstrap);
    await using _served = served.running;
    const caller = await member("caller", realm, "--expires", "5m");
    const args = ["calculator.add", '{"a": 2, "b": 3}', ...bootstrap];
    expect(await line("call", ...args, ...caller)).toBe("5");

    const doctor = await macula("doctor", ...caller, ...bootstrap);
    expect(doctor.stdout).toMatch(/^ok {4}bootstrap {2}.* is linked$/m);
    const unknown = await macula("doctor", "--realm", realm, ...bootstrap);
    expect(unknown.stderr).toMatch(/^macula doctor: token_missing: /m);

    const stranger = await macula("call", ...args, "--realm", realm, "--json");
    expect(stranger.code).toBe(3);
    expect(JSON.parse(stranger.stdout)).toMatchObject({ error: { code: "token_missing" } });
    const thief = await macula("call", ...args, ...provider, "--identity", at("caller.key"));
    expect(thief.stderr).toMatch(/^macula call: token_wrong_node: .* have one issued for/m);
    const upstart = await macula("start", ...LISTENING, ...caller, ...bootstrap);
    expect(upstart.stderr).toMatch(/^macula start: token_role: .*--roles gateway/m);
    const outside = await macula("call", ...args, "--realm", "com.example.club");
    expect(outside.stderr).toMatch(/^macula call: realm_mismatch: /m);
  });

  it("takes a renewed token from its file while it runs", async () => {
    const realm = await line("realm", "create", "com.example.club", "--key", at("realm.key"));
    const flags = await member("gateway", realm, "--roles", "gateway", "--expires", "1m");
    const host = await startNode("start", ...LISTENING, ...flags, "--log", "info");
    await using running = host.running;
    await issue("gateway", host.id, "--roles", "gateway", "--expires", "30d");
    await running.until((it) => it.stderr.includes("token_renewed"), "the new token is taken");
  });

  it("tells what is wrong with a line", async () => {
    await line("realm", "create", "com.example.club", "--key", at("realm.key"));
    const again = await macula("realm", "create", "com.example.club", "--key", at("realm.key"));
    expect(again.stderr).toMatch(/^macula realm: bad_key_file: .*there is a file already/m);
    const words = ["token", "issue", "--key", at("realm.key"), "--node"];
    const id = "0".repeat(64);
    for (const [wrong, told] of [
      [["nobody"], /not a node id/],
      [[id, "--roles", "king"], /"king" in --roles is none of edge, bootstrap, gateway, hybrid/],
      [[id, "--expires", "soon"], /--expires is a number of minutes, hours or days/],
      [[id, "--expires", "99999d"], /ten years at most/],
    ] as const) {
      const { code, stderr } = await macula(...words, ...wrong);
      expect([code, stderr]).toEqual([2, expect.stringMatching(told)]);
    }
    const node = await line("id", "--identity", at("node.key"));
    const mixed = await macula("token", "issue", "--key", at("node.key"), "--node", node);
    expect(mixed.stderr).toMatch(/is not the key of a realm/);
    const swapped = await macula("id", "--identity", at("realm.key"));
    expect(swapped.stderr).toMatch(/key of the realm com\.example\.club/);
  });
});
