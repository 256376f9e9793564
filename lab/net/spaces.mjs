import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { run } from "./tools.mjs";

/** Where `ip netns` keeps the names of namespaces. */
const DIRECTORY = "/run/netns";

/** `macula-<process>-<start of the process>-<number of the lab>-<space>`: whose it is can be read off. */
const NAME = /^macula-(\d+)-(\d+)-\d+-[a-z0-9]+$/;

/** When a process started, in ticks since the machine did; undefined where there is none. Tells it from a later one of its number. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is a name in brackets, which may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Of the names of all spaces that a lab of this process has. */
export function prefixOf(number) {
  return `macula-${process.pid}-${startOf(process.pid)}-${number}-`;
}

function allSpaces() {
  try {
    return readdirSync(DIRECTORY);
  } catch {
    return [];
  }
}

/** Spaces of labs whose process is gone without having removed them. */
export function staleSpaces(names = allSpaces(), startedAt = startOf) {
  return names.filter((name) => {
    const [, pid, start] = NAME.exec(name) ?? [];
    return pid !== undefined && startedAt(pid) !== start;
  });
}

/** Removes spaces by name, and whatever process still runs in one of them. */
export function removeSpaces(names) {
  const left = existing(names);
  if (left.length === 0) return;
  for (const pid of processesIn(left)) kill(pid);
  try {
    run("ip", ["-force", "-batch", "-"], left.map((name) => `netns del ${name}\n`).join(""));
  } catch (error) {
    // Another process may have removed the same stale ones at this moment.
    if (existing(left).length > 0) throw error;
  }
}

function existing(names) {
  const here = new Set(allSpaces());
  return names.filter((name) => here.has(name));
}

function processesIn(names) {
  // A name that is gone meanwhile stands for no space, least of all for that of a process that has ended.
  const inodes = new Set(names.map(inodeOf).filter((inode) => inode !== undefined));
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && inodes.has(spaceOf(pid)));
}

function inodeOf(name) {
  const stat = statSync(`${DIRECTORY}/${name}`, { throwIfNoEntry: false });
  return stat && `net:[${stat.ino}]`;
}

function spaceOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

function kill(pid) {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
