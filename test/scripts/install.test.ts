import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = new URL("../../scripts/install.mjs", import.meta.url).href;
const { isInstalled } = (await import(script)) as { isInstalled(root: string): boolean };

const A = { version: "1.0.0", integrity: "sha512-a" };
const B = { version: "2.0.0", integrity: "sha512-b" };

describe("whether the packages are installed", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "macula-test-"));
    mkdirSync(join(root, "node_modules"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const wanted = (packages: object): void =>
    writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages }));
  const found = (packages: object): void =>
    writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages }));

  it("is true where npm installed what the lockfile names", () => {
    wanted({ "": { name: "root" }, "node_modules/a": A });
    found({ "node_modules/a": A });
    expect(isInstalled(root)).toBe(true);
  });

  it("is false before the first installation", () => {
    wanted({ "node_modules/a": A });
    expect(isInstalled(root)).toBe(false);
  });

  it("is false where a package is missing, of another version or of other content", () => {
    wanted({ "node_modules/a": A, "node_modules/b": B });
    found({ "node_modules/a": A });
    expect(isInstalled(root)).toBe(false);
    found({ "node_modules/a": A, "node_modules/b": { ...B, version: "2.0.1" } });
    expect(isInstalled(root)).toBe(false);
    found({ "node_modules/a": A, "node_modules/b": { ...B, integrity: "sha512-x" } });
    expect(isInstalled(root)).toBe(false);
  });

  it("does not ask for optional packages of other platforms", () => {
    wanted({ "node_modules/a": A, "node_modules/b": { ...B, optional: true } });
    found({ "node_modules/a": A });
    expect(isInstalled(root)).toBe(true);
  });

  it("is false where npm was interrupted while it wrote", () => {
    wanted({ "node_modules/a": A });
    writeFileSync(join(root, "node_modules/.package-lock.json"), '{"packages": {');
    expect(isInstalled(root)).toBe(false);
  });
});
