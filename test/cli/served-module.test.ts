import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadProcedures } from "../../src/cli/served-module.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
const write = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a served module", () => {
  it("offers its exported functions, and those of its default object under their keys", async () => {
    const path = write(
      "good.mjs",
      `export function greet(name) { return "hello " + name; }
       export const version = 1;
       export default { "text.upper": (text) => text.toUpperCase(), limit: 3 };`,
    );
    const found = await loadProcedures(path);
    expect([...found.keys()]).toEqual(["greet", "text.upper"]);
    expect(found.get("greet")?.("you", undefined as never)).toBe("hello you");
  });

  it.each([
    ["is not there", () => join(directory, "missing.mjs"), /cannot be loaded/],
    ["breaks when it is loaded", () => write("bad.mjs", "throw new Error('no')"), /loaded: no$/],
    ["offers nothing", () => write("none.mjs", "export const a = 1;"), /exports no function/],
  ])("that %s is refused with a reason", async (_what, path, message) => {
    const loading = loadProcedures(path());
    await expect(loading).rejects.toThrow(UsageError);
    await expect(loading).rejects.toThrow(message);
  });
});
