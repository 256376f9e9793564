import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, readFile, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import type { Storage } from "../base/ports.ts";

/** Bytes of one file at most: what is larger was not written by this. */
const FILE_BYTES_MAX: number = 256 << 20;

/** Damaged files that are kept to be looked at; the last one is written over. */
const ASIDE_MAX = 4;

/** One file for each name in a directory that only its owner may enter. A file is there whole or not at all. */
export class FileStorage implements Storage {
  readonly #directory: string;

  /** @throws {MeshError} `bad_config` where the directory can't be made or others may enter it. */
  constructor(directory: string) {
    this.#directory = directory;
    try {
      const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
      if (made !== undefined) chmodSync(directory, 0o700);
    } catch (cause) {
      throw new MeshError("bad_config", `the state directory can't be made: ${reasonOf(cause)}`);
    }
    const { mode } = statSync(directory);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      const text = `others may enter the state directory (mode ${(mode & 0o777).toString(8)})`;
      throw new MeshError("bad_config", `${text}; run: chmod 700 ${directory}`);
    }
    removeLeftovers(directory);
  }

  async load(name: string): Promise<Bytes | undefined> {
    const path = this.#path(name);
    try {
      const { size } = await stat(path);
      if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes`);
      return new Uint8Array(await readFile(path));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw failed(path, cause);
    }
  }

  async save(name: string, bytes: Bytes): Promise<void> {
    const path = this.#path(name);
    const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
    try {
      await writeWhole(temporary, bytes);
      await rename(temporary, path);
      await this.#sync();
    } catch (cause) {
      await unlink(temporary).catch(() => {}); // It may not even have been made.
      throw failed(path, cause);
    }
  }

  async setAside(name: string): Promise<string> {
    const path = this.#path(name);
    try {
      let number = 1;
      while (number < ASIDE_MAX && (await exists(`${path}.corrupt-${number}`))) number += 1;
      const aside = `${path}.corrupt-${number}`;
      await rename(path, aside);
      return aside;
    } catch (cause) {
      throw failed(path, cause);
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  async #sync(): Promise<void> {
    if (process.platform === "win32") return; // Directories can't be opened there.
    const directory = await open(this.#directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

/** Files that a process began to write and was killed before it was done. */
const LEFTOVER = /^.+\.(\d+)\.[0-9a-f]{8}\.tmp$/;

function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(LEFTOVER.exec(name)?.[1]);
    // This process has written nothing yet: what bears its number is of an earlier one.
    if (Number.isNaN(pid) || (pid !== process.pid && isRunning(pid))) continue;
    rmSync(join(directory, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function writeWhole(path: string, bytes: Bytes): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function failed(path: string, cause: unknown): MeshError {
  return new MeshError("storage_failed", `${path}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
