import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const script = new URL("../../scripts/lock.mjs", import.meta.url).href;
const { withLock } = (await import(script)) as {
  withLock<T>(root: string, action: () => T | Promise<T>): Promise<T>;
};

/** A tree nobody else knows; only its name matters to the lock. */
const tree = (name: string): string => `/nowhere/${process.pid}/${name}`;

describe("the lock of a build", () => {
  it("lets one in at a time", async () => {
    const root = tree("one");
    const seen: string[] = [];
    const build = (name: string) => async () => {
      seen.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} out`);
      return name;
    };
    const done = await Promise.all(["a", "b", "c"].map((name) => withLock(root, build(name))));

    expect(done).toEqual(["a", "b", "c"]);
    for (let at = 0; at < seen.length; at += 2) {
      expect(seen[at + 1]).toBe(seen[at]?.replace("in", "out"));
    }
  });

  it("is free again after a build that failed", async () => {
    const root = tree("failing");
    const failing = withLock(root, () => {
      throw new Error("broken");
    });
    await expect(failing).rejects.toThrow("broken");
    expect(await withLock(root, () => 1)).toBe(1);
  });

  it("is taken from a process that has died with it", async () => {
    const root = tree("dead");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
    const path = join(tmpdir(), `macula-build-${userInfo().uid}-${name}`);
    mkdirSync(path);
    writeFileSync(join(path, "pid"), String(dead));

    expect(await withLock(root, () => "taken")).toBe("taken");
  });
});
