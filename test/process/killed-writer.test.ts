import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { FileStorage } from "../../src/node/file-storage.ts";

const WRITER = fileURLToPath(new URL("fixtures/killed-writer.mjs", import.meta.url));
const STORAGE = new URL("../../dist/node/file-storage.js", import.meta.url).href;

/** What the writer saves. */
const NEW = "new ".repeat(50_000);

/** Calls to the system that a save makes, each with a moment before and after, and one part of the file more. */
const MOMENTS =
  2 * ["open", "write", "write", "sync", "close", "rename", "open", "sync", "close"].length;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "macula-state-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Has a process of its own save the file, killed at that moment. */
function save(killAt: number): { signal: NodeJS.Signals | null; stdout: string } {
  const words = [WRITER, directory, String(killAt), STORAGE];
  const { signal, stdout } = spawnSync(process.execPath, words, {
    encoding: "utf8",
    timeout: 15_000,
  });
  return { signal, stdout };
}

async function load(): Promise<string | undefined> {
  const bytes = await new FileStorage(directory).load("peers");
  return bytes && new TextDecoder().decode(bytes);
}

it.each([
  ["an older file", "old"],
  ["none", undefined],
])(
  "a writer that is killed leaves the old file or the new one, where there was %s",
  async (_, old) => {
    const found: (string | undefined)[] = [];
    for (let moment = 0; moment < MOMENTS; moment++) {
      rmSync(join(directory, "peers"), { force: true });
      if (old !== undefined) await new FileStorage(directory).save("peers", utf8(old));
      expect(save(moment)).toEqual({ signal: "SIGKILL", stdout: "" });
      found.push(await load());
      // What it had begun is gone with the next start.
      expect(readdirSync(directory)).toEqual(existsSync(join(directory, "peers")) ? ["peers"] : []);
    }
    const renamed = found.indexOf(NEW);
    expect(found).toEqual(found.map((_text, at) => (at < renamed ? old : NEW)));
    expect(renamed).toBe(11);
    expect(save(MOMENTS)).toEqual({ signal: null, stdout: `${MOMENTS}\n` });
    expect(await load()).toBe(NEW);
  },
);
