import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return undefined;
  }
}

/** True where what npm last installed is what the lockfile asks for. */
export function isInstalled(root) {
  const wanted = packagesIn(join(root, "package-lock.json"));
  const found = packagesIn(join(root, "node_modules", ".package-lock.json"));
  if (found === undefined || wanted === undefined) return found !== undefined;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === "" || (optional && !(path in found))) return true;
    return found[path]?.version === version && found[path]?.integrity === integrity;
  });
}

/** Runs npm; all it says goes to stderr, so that stdout stays the target's own. */
function npm(root, ...args) {
  const self = process.env.npm_execpath ?? "";
  const [command, first] = /npm-cli\.c?js$/.test(self) ? [process.execPath, [self]] : ["npm", []];
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=warn"];
  const result = spawnSync(command, [...first, ...args, ...flags], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", 2, "pipe"],
    shell: process.platform === "win32" && command === "npm",
  });
  const said = result.error ? `npm could not be started: ${result.error.message}\n` : result.stderr;
  process.stderr.write(said);
  return { succeeded: result.status === 0, said };
}

/** Installs what the lockfile names. Throws with one line that says what to do. */
export function install(root) {
  process.stderr.write("installing packages (npm ci) …\n");
  const clean = npm(root, "ci");
  if (clean.succeeded) return;
  // npm's word for a lockfile that is missing or does not fit: the only case where installing anew can help.
  if (/\bEUSAGE\b/.test(clean.said)) {
    process.stderr.write("the lockfile does not fit; npm install may pick other versions …\n");
    if (npm(root, "install", "--no-save").succeeded) return;
  }
  throw new Error(
    "the packages could not be installed; see npm's messages above, check the network and the registry npm uses, then run npm ci",
  );
}
