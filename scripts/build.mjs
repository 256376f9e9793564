import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { install, isInstalled } from "./install.mjs";
import { withLock } from "./lock.mjs";

/** The project's directory. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = join(ROOT, "src");
const OUTPUT = join(ROOT, "dist");
const STAMP = join(OUTPUT, ".built");

function filesUnder(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** Changes with every file that is added, removed or written, and with the compiler's settings. */
function fingerprint() {
  const hash = createHash("sha256");
  const settings = [
    "tsconfig.json",
    "package.json",
    "package-lock.json",
    "scripts/build.mjs",
    "scripts/dashboard.mjs",
  ];
  for (const path of [...settings.map((name) => join(ROOT, name)), ...filesUnder(SOURCE).sort()]) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${relative(ROOT, path)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex");
}

function isBuilt(stamp) {
  try {
    return readFileSync(STAMP, "utf8") === stamp;
  } catch {
    return false;
  }
}

function compile() {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const result = spawnSync(process.execPath, [compiler, "-p", "tsconfig.json"], {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
  });
  if (result.status !== 0) {
    throw new Error("the sources do not compile; the compiler's messages stand above");
  }
}

/** What is not TypeScript lies beside the code that reads it, in dist as in src. */
function copyAssets() {
  for (const path of filesUnder(SOURCE).filter(
    (it) => !/\.(?:tsx?|md|css)$|\/tsconfig\.json$/.test(it),
  )) {
    const target = join(OUTPUT, relative(SOURCE, path));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
  }
}

/** Removes what an earlier build made of sources that are gone. */
function removeOrphans() {
  for (const path of filesUnder(OUTPUT)) {
    const name = relative(OUTPUT, path);
    if (name === ".built" || name.endsWith(".tsbuildinfo")) continue;
    const source = join(SOURCE, name.replace(/(?:\.d\.ts|\.js)$/, ".ts"));
    if (!existsSync(source)) rmSync(path);
  }
}

async function build(stamp) {
  process.stderr.write("compiling …\n");
  rmSync(STAMP, { force: true });
  compile();
  copyAssets();
  removeOrphans();
  // Imported here, because its bundler may have been installed just now.
  const { bundleDashboard } = await import("./dashboard.mjs");
  await bundleDashboard(ROOT);
  const command = join(OUTPUT, "cli", "main.js");
  if (existsSync(command)) chmodSync(command, 0o755);
  writeFileSync(STAMP, stamp);
}

/** Brings node_modules and dist up to date; costs some milliseconds where they are. */
export async function prepare() {
  if (isInstalled(ROOT) && isBuilt(fingerprint())) return;
  await withLock(ROOT, async () => {
    if (!isInstalled(ROOT)) install(ROOT);
    const stamp = fingerprint();
    if (!isBuilt(stamp)) await build(stamp);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await prepare();
  } catch (error) {
    process.stderr.write(`build: ${error.message}\n`);
    process.exitCode = 1;
  }
}
