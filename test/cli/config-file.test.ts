import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import type { Command, Flag } from "../../src/cli/command.ts";
import { loadCommand, loadSettings } from "../../src/cli/commands.ts";
import { findConfig, problemOf } from "../../src/cli/config-file.ts";
import { readGiven } from "../../src/cli/given.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

let directory: string;
let home: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "macula-config-"));
  home = join(directory, "home");
  mkdirSync(home);
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(text: string | object, name = "macula.json"): string {
  const path = join(directory, name);
  writeFileSync(path, typeof text === "string" ? text : JSON.stringify(text));
  chmodSync(path, 0o644);
  return path;
}

const find = (said?: string) => findConfig({ said, directory, home });

describe("the configuration file", () => {
  it("is the one that was said, else macula.json here, else config.json at home, else none", () => {
    expect(find()).toBeUndefined();
    const atHome = write({}, "home/config.json");
    expect(find()?.path).toBe(atHome);
    const here = write({});
    expect(find()?.path).toBe(here);
    const said = write({}, "other.json");
    expect(find(said)?.path).toBe(said);
    expect(find("off")).toBeUndefined();
  });

  it("is not taken unasked where everybody may write it, and is where it was named", () => {
    const path = write({});
    chmodSync(path, 0o666);
    expect(() => find()).toThrow(/macula\.json may be written by everybody.*--config/);
    expect(find(path)?.path).toBe(path);
  });

  it.runIf(process.getuid?.() === 0)("is not taken unasked where it is another user's", () => {
    const path = write({});
    chownSync(path, 12_345, 12_345);
    expect(() => find()).toThrow(/macula\.json belongs to another user.*--config/);
    expect(find(path)?.path).toBe(path);
  });

  it.each([
    ["{", /macula\.json is no JSON/],
    ['{\n  "realm": oops\n}', /macula\.json is no JSON: .*/],
    ["[]", /has to be one JSON object/],
    ['"realm"', /has to be one JSON object/],
    ["null", /has to be one JSON object/],
    ['{"realm": "a.b", "mode": "edge", "realm": "c.d"}', /says "realm" twice/],
    [`{"realm": "${"x".repeat(300_000)}"}`, /can't be read: it is too large/],
  ])("is refused in one line where it says %.40s", (text, message) => {
    write(text);
    expect(() => find()).toThrow(UsageError);
    expect(() => find()).toThrow(message);
  });

  it("is refused where it is not there, or a directory", () => {
    expect(() => find(join(directory, "none.json"))).toThrow(/none\.json can't be read/);
    expect(() => find(directory)).toThrow(/can't be read/);
  });

  it("may say the same name in an inner object and as a value", () => {
    write('{"realm": "mode", "mode": "{\\"realm\\": 1}", "x": {"realm": 1}}');
    expect(find()?.entries.size).toBe(3);
  });
});

describe("macula config check", () => {
  it("explains every setting of every command", async () => {
    const config = (await loadCommand("config")) as Command;
    const explained = config.flags.map(({ name }) => name);
    expect([...(await loadSettings()).keys()].filter((it) => !explained.includes(it))).toEqual([]);
  });
});

describe("an entry", () => {
  it.each([
    ["realms", "a.b", /"realms" in .*macula\.json is no setting; did you mean realm\?/],
    ["json", true, /"json" in .* is no setting/],
    ["timeout", "8000", /"timeout" in .* has to be a number, without quotes/],
    ["bootstrap", "a:1", /has to be a list of texts/],
    ["bootstrap", [1], /has to be a list of texts/],
    ["realm", 5, /has to be a text/],
    ["realm", null, /has to be a text/],
  ])("%s: %s is refused in one line", async (name, value, message) => {
    const file = { path: "macula.json", entries: new Map([[name, value]]) };
    expect(problemOf(file, name, value, await loadSettings())).toMatch(message);
  });

  it("is refused by every command, also one that has no such flag", async () => {
    const path = write({ realms: "a.b" });
    const status = (await loadCommand("status")) as Command;
    const words = ["--control", "x.sock", "--config", path];
    await expect(readGiven(status, words, {})).rejects.toThrow(/did you mean realm\?/);
  });

  it("of another command is no fault of this one", async () => {
    const path = write({ listen: "off", control: "from-file.sock" });
    const status = (await loadCommand("status")) as Command;
    const { given, problems } = await readGiven(status, ["--config", path], {});
    expect([given.text("control"), problems]).toEqual(["from-file.sock", []]);
  });
});

const FLAGS: readonly Flag[] = [
  { name: "realm", kind: "text", environment: "MACULA_REALM", fallback: "a", help: "" },
  { name: "timeout", kind: "number", range: [1, 9], environment: "MACULA_TIMEOUT", help: "" },
  { name: "bootstrap", kind: "list", environment: "MACULA_BOOTSTRAP", help: "" },
  { name: "quiet", kind: "switch", environment: "MACULA_QUIET", help: "" },
  { name: "json", kind: "switch", help: "" },
];

const command: Command = {
  name: "call",
  operands: "",
  operandCount: [0, 0],
  summary: "",
  details: "",
  examples: [],
  flags: FLAGS,
  run: async () => 0,
};

describe("a value from the file", () => {
  const read = (entries: object, words: string[] = [], environment = {}) => {
    const file = { path: "f.json", entries: new Map(Object.entries(entries)) };
    return readArguments(command, words, environment, file);
  };

  it("comes behind the flag and the environment, and before the default", () => {
    const inFile = { realm: "file" };
    expect(read(inFile, ["--realm", "flag"], { MACULA_REALM: "env" }).text("realm")).toBe("flag");
    expect(read(inFile, [], { MACULA_REALM: "env" }).text("realm")).toBe("env");
    expect(read(inFile, [], { MACULA_REALM: "" }).text("realm")).toBe("file");
    expect(read({}).text("realm")).toBe("a");
  });

  it("says where it came from", () => {
    const given = read({ timeout: 5 }, ["--bootstrap", "a:1"], { MACULA_REALM: "env" });
    expect(["bootstrap", "realm", "timeout", "quiet"].map(given.origin)).toEqual([
      { from: "flag" },
      { from: "environment", variable: "MACULA_REALM" },
      { from: "file", path: "f.json" },
      { from: "nowhere" },
    ]);
    expect(read({}).origin("realm")).toEqual({ from: "default" });
  });

  it("is text, number, list or switch as a flag is", () => {
    const given = read({ timeout: 5, bootstrap: ["a:1", "b,2"], quiet: true });
    expect(given.number("timeout")).toBe(5);
    expect(given.list("bootstrap")).toEqual(["a:1", "b,2"]);
    expect([given.isSet("quiet"), read({ quiet: false }).isSet("quiet")]).toEqual([true, false]);
  });

  it("is checked as strictly, and the file is named", () => {
    expect(() => read({ timeout: 10 })).toThrow(/--timeout \(from f\.json\) is a whole number/);
    const late = { MACULA_TIMEOUT: "x" };
    expect(() => read({}, [], late)).toThrow(/--timeout \(from MACULA_TIMEOUT\) is a whole number/);
  });

  it("is not taken for a flag of the command line alone", () => {
    expect(read({ json: true }).isSet("json")).toBe(false);
  });
});
