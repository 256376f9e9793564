import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import type { Storage } from "../../src/base/ports.ts";
import { FileStorage } from "../../src/node/file-storage.ts";
import { VirtualDisk } from "../../src/sim/disk.ts";

let directory: string;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "macula-state-")), "state");
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe.each<[string, () => Storage]>([
  ["files", () => new FileStorage(directory)],
  ["a virtual disk", () => new VirtualDisk().mount()],
])("storage in %s", (_, make) => {
  it("gives back what was saved last", async () => {
    const storage = make();
    expect(await storage.load("peers")).toBeUndefined();
    await storage.save("peers", utf8("one"));
    await storage.save("records", utf8("other"));
    await storage.save("peers", utf8("two"));
    expect(await storage.load("peers")).toEqual(utf8("two"));
    expect(await storage.load("records")).toEqual(utf8("other"));
  });

  it("moves what is damaged out of the way", async () => {
    const storage = make();
    await storage.save("peers", utf8("broken"));
    expect(await storage.setAside("peers")).toContain("peers.corrupt-1");
    expect(await storage.load("peers")).toBeUndefined();
  });
});

describe("a state directory", () => {
  it("and its files are for their owner alone, and nothing else is left in it", async () => {
    const storage = new FileStorage(directory);
    await storage.save("peers", utf8("one"));
    await storage.save("peers", utf8("two"));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "peers")).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(["peers"]);
  });

  it("that others may enter is refused, and says what to do", () => {
    mkdirSync(directory, { mode: 0o755 });
    chmodSync(directory, 0o755);
    expect(() => new FileStorage(directory)).toThrow(/chmod 700/);
  });

  it("that is a file is refused", () => {
    writeFileSync(directory, "");
    expect(() => new FileStorage(join(directory, "below"))).toThrow(/can't be made/);
  });

  it("keeps four damaged files and no more", async () => {
    const storage = new FileStorage(directory);
    for (let turn = 0; turn < 6; turn++) {
      await storage.save("peers", utf8(`${turn}`));
      await storage.setAside("peers");
    }
    expect(readdirSync(directory).sort()).toEqual([1, 2, 3, 4].map((at) => `peers.corrupt-${at}`));
  });

  it("is rid of what dead processes have begun to write, and of nothing else", () => {
    mkdirSync(directory, { mode: 0o700 });
    const left = ["peers.4194305.00ff00ff.tmp", `records.${process.pid}.00ff00ff.tmp`];
    const kept = ["peers.tmp", "peers", `peers.${process.ppid}.00ff00ff.tmp`, "a.b.00ff00ff.tmp"];
    for (const name of [...left, ...kept]) writeFileSync(join(directory, name), "");
    expect(new FileStorage(directory)).toBeDefined();
    expect(readdirSync(directory).sort()).toEqual(kept.sort());
  });

  it("that is gone says so by name, and takes again when it is back", async () => {
    const storage = new FileStorage(directory);
    rmSync(directory, { recursive: true });
    await expect(storage.save("peers", utf8("one"))).rejects.toMatchObject({
      code: "storage_failed",
    });
    mkdirSync(directory, { mode: 0o700 });
    await storage.save("peers", utf8("one"));
    expect(existsSync(join(directory, "peers"))).toBe(true);
  });
});
