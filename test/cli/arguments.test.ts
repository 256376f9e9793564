import { describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import type { Command, Flag } from "../../src/cli/command.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

const FLAGS: readonly Flag[] = [
  { name: "realm", kind: "text", environment: "MACULA_REALM", fallback: "a", help: "" },
  { name: "mode", kind: "text", choices: ["edge", "gateway"], help: "" },
  { name: "timeout", kind: "number", range: [1, 100], environment: "MACULA_TIMEOUT", help: "" },
  { name: "bootstrap", kind: "list", environment: "MACULA_BOOTSTRAP", help: "" },
  { name: "json", kind: "switch", help: "" },
];

const command: Command = {
  name: "call",
  operands: "<procedure> [json]",
  operandCount: [1, 2],
  summary: "",
  details: "",
  examples: [],
  flags: FLAGS,
  run: async () => 0,
};

const read = (line: string, environment: Record<string, string> = {}) =>
  readArguments(command, line.split(" "), environment);

describe("the arguments of a command", () => {
  it("come from the flag, else from the environment, else from the default", () => {
    const inherited = { MACULA_REALM: "b" };
    expect(read("p --realm c", inherited).text("realm")).toBe("c");
    expect(read("p", inherited).text("realm")).toBe("b");
    expect(read("p").text("realm")).toBe("a");
  });

  it("take an empty environment variable for none", () => {
    expect(read("p", { MACULA_REALM: "" }).text("realm")).toBe("a");
  });

  it("collect a repeated flag, and split the environment at commas", () => {
    expect(read("p --bootstrap a:1 --bootstrap b:2").list("bootstrap")).toEqual(["a:1", "b:2"]);
    expect(read("p", { MACULA_BOOTSTRAP: "a:1,b:2" }).list("bootstrap")).toEqual(["a:1", "b:2"]);
    expect(read("p").list("bootstrap")).toEqual([]);
  });

  it("keep operands, switches and numbers apart", () => {
    const given = read("p {} --timeout 7 --json");
    expect(given.positionals).toEqual(["p", "{}"]);
    expect(given.number("timeout")).toBe(7);
    expect(given.isSet("json")).toBe(true);
    expect(read("p").isSet("json")).toBe(false);
    expect(read("p").number("timeout")).toBeUndefined();
  });

  it.each([
    ["p --nonsense", /--nonsense/],
    ["p --timeout 0", /--timeout is a whole number from 1 to 100, not "0"/],
    ["p --timeout 1.5", /whole number/],
    ["p --timeout soon", /not "soon"/],
    ["p --mode king", /--mode is one of edge, gateway, not "king"/],
    ["p --realm", /realm/],
    ["p {} more", /"more" is one operand too many; write macula call <procedure> \[json\]/],
    ["--json", /too few operands/],
  ])("refuse %s and say what is right", (line, message) => {
    expect(() => read(line)).toThrow(UsageError);
    expect(() => read(line)).toThrow(message);
    try {
      read(line);
    } catch (error) {
      expect((error as Error).message).not.toContain("\n");
    }
  });

  it("check what the environment says as strictly", () => {
    expect(() => read("p", { MACULA_TIMEOUT: "0" })).toThrow(
      /--timeout \(from MACULA_TIMEOUT\) is a whole number/,
    );
  });
});
