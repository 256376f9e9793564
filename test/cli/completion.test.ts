import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { COMMANDS, loadCommands } from "../../src/cli/commands.ts";
import { actionsOf, COMPLETIONS } from "../../src/cli/completion.ts";

let directory: string;
let commands: readonly Command[];
beforeAll(async () => {
  commands = await loadCommands();
  directory = mkdtempSync(join(tmpdir(), "macula-completion-"));
  for (const [shell, write] of Object.entries(COMPLETIONS)) {
    writeFileSync(join(directory, shell), write(commands));
  }
  writeFileSync(join(directory, "my.key"), "");
});
afterAll(() => rmSync(directory, { recursive: true }));

const has = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

function run(shell: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(shell, words, { cwd: directory, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

/** What bash offers where the cursor stands behind the last of these words. */
function offered(...line: readonly string[]): string[] {
  const words = line.map((word) => `'${word}'`).join(" ");
  const script = `source ./bash; COMP_WORDS=(macula ${words}); COMP_CWORD=${line.length}; _macula; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run("bash", "-c", script).split("\n").filter(Boolean).sort();
}

describe.runIf(has("bash"))("completion in bash", () => {
  it("is there for macula", () => {
    expect(run("bash", "-c", "source ./bash; complete -p macula")).toBe(
      "complete -o filenames -F _macula macula\n",
    );
  });

  it("offers the commands", () => {
    expect(offered("")).toEqual([...COMMANDS, "help"].sort());
    expect(offered("sta")).toEqual(["start", "status"]);
    expect(offered("help", "sta")).toEqual(["start", "status"]);
  });

  it("offers every flag of every command", () => {
    for (const { name, flags } of commands) {
      const names = flags.map((flag) => `--${flag.name}`);
      expect(offered(name, "--")).toEqual([...names, "--help"].sort());
    }
  });

  it("offers the values of a flag, and files where one is asked for", () => {
    expect(offered("start", "--mode", "g")).toEqual(["gateway"]);
    expect(offered("start", "--identity", "my")).toEqual(["my.key"]);
    expect(offered("start", "--realm", "")).toEqual([]);
    expect(offered("key", "show", "my")).toEqual(["my.key"]);
    expect(offered("token", "i")).toEqual(["issue"]);
  });
});

describe.runIf(has("zsh"))("completion in zsh", () => {
  it("can be read", () => {
    run("zsh", "-n", "./zsh");
  });
});

describe.runIf(has("fish"))("completion in fish", () => {
  it("can be read", () => {
    run("fish", "--no-execute", "./fish");
  });
});

describe("the scripts for all shells", () => {
  it.each(Object.keys(COMPLETIONS))("of %s name every command and flag", (shell) => {
    const script = COMPLETIONS[shell]?.(commands) ?? "";
    const dashes = shell === "fish" ? "-l " : "--";
    const missing = commands.flatMap(({ name, flags }) =>
      [name, ...flags.map((flag) => `${dashes}${flag.name}`)].filter((it) => !script.includes(it)),
    );
    expect(missing).toEqual([]);
  });

  it.each(Object.keys(COMPLETIONS))("of %s close every quote, whatever a help says", (shell) => {
    const hostile = commands.map((it) => ({ ...it, summary: "it's `$(false)` [x]: \\" }));
    const script = COMPLETIONS[shell]?.(hostile) ?? "";
    // What stands outside of single quotes, read as that shell reads them.
    const escaped = shell === "fish" ? /'(?:[^'\\]|\\.)*'/gs : /'[^']*'|\\'/gs;
    const bare = script.replaceAll(escaped, "").replaceAll(/^#.*$/gm, "");
    expect(bare).not.toContain("'");
    expect(bare).not.toContain("$(false)");
  });
});

describe("the words an operand may be", () => {
  it.each([
    ["create <name> | show", ["create", "show"]],
    ["bash | zsh | fish", ["bash", "zsh", "fish"]],
    ["<procedure> [json]", []],
    ["", []],
  ])("of %s", (operands, actions) => {
    expect(actionsOf({ operands })).toEqual(actions);
  });
});
