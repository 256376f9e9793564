import { describe, expect, it } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { commandHelp, overview } from "../../src/cli/help.ts";

const command: Command = {
  name: "call",
  operands: "<procedure>",
  operandCount: [1, 1],
  summary: "call a procedure",
  details: `${"many words ".repeat(30)}

    A second paragraph.`,
  examples: [{ line: "macula call x", does: "Calls x." }],
  flags: [
    {
      name: "mode",
      kind: "text",
      value: "<mode>",
      choices: ["a", "b"],
      fallback: "a",
      environment: "MACULA_MODE",
      help: "How.",
    },
  ],
  run: async () => 0,
};

describe("the help of a command", () => {
  const help = commandHelp(command);

  it("shows usage, an example and what a flag may be", () => {
    expect(help).toContain("macula call <procedure> [flags]");
    expect(help).toContain("macula call x");
    expect(help).toContain("--mode <mode>");
    expect(help).toContain("How. (a | b; default a; MACULA_MODE)");
    expect(help).toContain("\n\nA second paragraph.");
  });

  it("fits into 90 columns", () => {
    expect(help.split("\n").filter((line) => line.length > 90)).toEqual([]);
  });
});

describe("the overview", () => {
  it("names every command with its summary, and every exit code", () => {
    const text = overview([command]);
    expect(text).toContain("call  call a procedure");
    for (const number of [0, 1, 2, 3, 130]) expect(text).toMatch(new RegExp(`\\b${number}\\b`));
  });
});
