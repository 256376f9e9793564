import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a caller waits for another build of the same tree, in milliseconds. */
const DEADLINE = 300_000;
const POLL = 50;

/** One lock per tree, outside of it: `npm ci` removes node_modules and a build may remove dist. */
function lockPath(root) {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  return join(tmpdir(), `macula-build-${userInfo().uid}-${name}`);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function ownerOf(path) {
  try {
    return Number(readFileSync(join(path, "pid"), "utf8"));
  } catch {
    return undefined; // Just made, or just removed: its owner is alive as far as anybody can tell.
  }
}

function tryLock(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(path, "pid"), String(process.pid));
  return true;
}

/** Takes away the lock of a process that died. Renaming lets only one of several waiters do it. */
function breakLock(path, owner) {
  const aside = `${path}-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (ownerOf(aside) === owner) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, path); // Somebody was quicker, and this one is theirs.
}

/** Runs `action` while no other process builds the tree at `root`. Throws when that takes too long. */
export async function withLock(root, action) {
  const path = lockPath(root);
  const start = performance.now();
  while (!tryLock(path)) {
    const owner = ownerOf(path);
    if (owner !== undefined && !isAlive(owner)) breakLock(path, owner);
    else if (performance.now() - start > DEADLINE) {
      throw new Error(
        `another build holds ${path} for too long; stop process ${owner} or remove it`,
      );
    } else await sleep(POLL);
  }
  try {
    return await action();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
