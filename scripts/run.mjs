/*
 * node scripts/run.mjs <target> [arguments…]
 *
 * Installs and builds what is missing or stale, then runs the target in this same process, so that its
 * output, signals and exit code are its own. All that is said before the target starts goes to stderr.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, ROOT } from "./build.mjs";

const [target, ...rest] = process.argv.slice(2);

try {
  if (target === undefined) throw new Error("name the file to run");
  await prepare();
} catch (error) {
  process.stderr.write(`run: ${error.message}\n`);
  process.exit(1);
}

const path = resolve(ROOT, target);
process.argv = [process.execPath, path, ...rest];
await import(pathToFileURL(path).href);
