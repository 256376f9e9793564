import { spawnSync } from "node:child_process";

/** Commands the lab is made with, and the packages of Debian and Ubuntu they come in. */
const TOOLS = { ip: "iproute2", nft: "nftables", sysctl: "procps" };

/** The lab can't be built here; the message says what is missing and what to do. */
export class Unavailable extends Error {}

/** Runs a command to its end, `input` on its stdin. Throws with its words where it fails. */
export function run(command, words, input = "") {
  const { status, signal, error, stdout, stderr } = spawnSync(command, words, {
    input,
    encoding: "utf8",
  });
  if (status === 0) return stdout;
  const why =
    error?.message ?? (stderr.trim() || `it ended with ${signal ?? `exit code ${status}`}`);
  throw new Error(`"${[command, ...words].join(" ")}" failed: ${why}`);
}

/** Why no lab can be built here, in one line; undefined where one can. */
export function missing() {
  if (process.platform !== "linux") return "the lab needs Linux: it is made of network namespaces";
  if (process.getuid() !== 0) return "the lab needs root: run it with sudo, or in a container";
  const absent = Object.keys(TOOLS).filter((tool) => !isInstalled(tool));
  if (absent.length > 0) {
    const packages = [...new Set(absent.map((tool) => TOOLS[tool]))].join(" ");
    return `the lab needs ${absent.join(", ")}: apt-get install ${packages}`;
  }
  return forbidden();
}

function isInstalled(tool) {
  return spawnSync(tool, ["--version"], { stdio: "ignore" }).error === undefined;
}

function forbidden() {
  const name = `macula-trial-${process.pid}`;
  try {
    run("ip", ["-batch", "-"], `netns add ${name}\nnetns del ${name}\n`);
    return undefined;
  } catch (error) {
    return `the lab needs to make network namespaces, which is not allowed here (in a container, run it privileged): ${error.message}`;
  }
}

/** Throws `Unavailable` where no lab can be built here. */
export function demand() {
  const why = missing();
  if (why !== undefined) throw new Unavailable(why);
}
