import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import type { Arguments } from "../../src/cli/command.ts";
import { start } from "../../src/cli/commands/start.ts";
import { dashboardLink } from "../../src/cli/http-pages.ts";

const state = mkdtempSync(join(tmpdir(), "macula-pages-"));
afterAll(() => rmSync(state, { recursive: true, force: true }));

const given = (...words: readonly string[]): Arguments =>
  readArguments(start, ["--state", state, ...words], {});
const url = "http://127.0.0.1:8081";

it("shows no token where a program or a log reads, or where no browser gets", () => {
  expect(dashboardLink(given(), url, false)).toBeUndefined();
  expect(dashboardLink(given("--json"), url, true)).toBeUndefined();
  expect(dashboardLink(given(), undefined, true)).toBeUndefined();
  expect(dashboardLink(given(), join(state, "admin.sock"), true)).toBeUndefined();
  expect(existsSync(join(state, "admin.token"))).toBe(false);
});

it("shows the link with the token to whoever sits at the terminal", () => {
  const link = dashboardLink(given(), url, true);
  const token = readFileSync(join(state, "admin.token"), "utf8").trim();
  expect(link).toBe(`dashboard: ${url}/#token=${token}`);
});
