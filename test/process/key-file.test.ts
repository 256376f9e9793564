import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { macula } from "./command.ts";

const directory = mkdtempSync(join(tmpdir(), "macula-test-"));

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("processes that make one key file at the same moment get one identity", async () => {
  const path = join(directory, "node.key");
  const ends = await Promise.all(Array.from({ length: 6 }, () => macula("id", "--identity", path)));
  expect(ends.map((ended) => ended.code)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(new Set(ends.map((ended) => ended.stdout)).size).toBe(1);
  expect(readdirSync(directory)).toEqual(["node.key"]);
});
