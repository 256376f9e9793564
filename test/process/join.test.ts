import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { macula, Running } from "./command.ts";

const PROCEDURES = fileURLToPath(new URL("fixtures/procedures.mjs", import.meta.url));
const ADD = ["calculator.add", '{"a": 2, "b": 3}'];

let home: string;
const homed = (...words: readonly string[]): string[] => [...words, "--home", home];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "macula-home-"));
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

/** What a command that stays has printed once it is ready. */
async function ready(...words: readonly string[]) {
  const running = new Running([...words, "--json"]);
  await running.until((it) => it.stdout.includes("\n"), `${words.join(" ")} is ready`);
  return { running, ...(JSON.parse(running.stdout) as { id: string; join: string }) };
}

const up = (...words: readonly string[]) =>
  ready(...homed("up", "--listen", "127.0.0.1:0"), ...words);

describe("a mesh that macula up has started", () => {
  it("is called from elsewhere with the join string alone", async () => {
    const first = await up();
    await using _first = first.running;
    const third = await ready(...homed("serve", PROCEDURES));
    await using _third = third.running;
    const elsewhere = await macula("call", ...ADD, "--join", first.join, "--home", join(home, "x"));
    expect([elsewhere.stdout, elsewhere.stderr]).toEqual(["5\n", ""]);
  });

  it("is the same mesh and node when it is started again", async () => {
    const before = await up();
    await before.running[Symbol.asyncDispose]();
    const after = await up();
    await using _after = after.running;
    expect(after.id).toBe(before.id);
    expect(after.join.split("/")[1]).toBe(before.join.split("/")[1]);
  });

  it("prints for people how others join, under the address that was said", async () => {
    const running = new Running(
      homed("up", "--listen", "127.0.0.1:0", "--address", "mesh.example.com:9443"),
    );
    await using it = running;
    await it.until(({ stdout }) => stdout.includes("join with"), "the join string is there");
    expect(it.stdout).toMatch(
      /^join with: macula join 'macula-join-1\/\S+@mesh\.example\.com:9443\/\S+'$/m,
    );
    expect(it.stderr).toContain("whoever has the join string can join this mesh");
  });
});

describe("a closed mesh", () => {
  it("is joined by who gets a token for the id that join has named", async () => {
    const first = await up("--closed", "--realm", "com.example.club");
    await using _first = first.running;
    expect(first.running.stderr).toMatch(/this realm is closed.*macula token issue --key/);
    const key = join(home, "up", "realm.key");
    const refused = await macula(...homed("join", first.join));
    expect(refused.code).toBe(3);
    const [, id] = /token_missing: .*--node ([0-9a-f]{64})/.exec(refused.stderr) ?? [];
    const token = await macula("token", "issue", "--key", key, "--node", String(id));
    writeFileSync(join(home, "join", "token"), token.stdout);
    const second = await ready(...homed("join", first.join));
    await using _second = second.running;
    expect(second.id).toBe(id);
    await second.running[Symbol.asyncDispose]();
    await first.running[Symbol.asyncDispose]();
    const again = await up("--closed", "--realm", "com.example.club");
    await using _again = again.running;
    expect(again.id).toBe(first.id);
  });
});

describe("a join string that can't be used", () => {
  it("is refused in one line that names the part, before anything is made", async () => {
    const wrong = `macula-join-1/com.example.shop/${"0".repeat(64)}@192.0.2.7:1/aaaa-bbbb-cccc`;
    const { code, stderr } = await macula(...homed("join", wrong));
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^macula join: bad_config: .*copy it again/),
    ]);
    expect(existsSync(join(home, "join"))).toBe(false);
    const twice = await macula(...homed("call", ...ADD, "--realm", "a.b", "--join", wrong));
    expect(twice.code).toBe(2);
  });
});
