import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { rounded } from "./figures.mjs";

/** What the figures are measured on, and how busy it is with other things before they are. */
export function machine() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadAverage: rounded(loadavg()[0]),
  };
}

/** The commit that is checked out, `-dirty` where files differ from it; null outside of a repository. */
export function commit() {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty", "--exclude=*"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : null;
}
