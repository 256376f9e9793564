import { lstatSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import { createConnection, type Server } from "node:net";
import { dirname } from "node:path";
import { MeshError } from "../base/errors.ts";

/** Bytes that the path of a socket may have on every system; longer ones are cut or refused by some. */
const PATH_BYTES_MAX = 103;

/** What listens: its name in messages, and the flag that puts it elsewhere. */
export interface SocketPurpose {
  readonly name: string;
  readonly flag: string;
}

/**
 * Listens at `path`, in place of a socket that a dead process has left there. Nobody but this user may open it.
 *
 * @throws {MeshError} `address_in_use` where a process answers there, `bad_config` where no socket can be.
 */
export async function openSocket(
  server: Server,
  path: string,
  purpose: SocketPurpose,
): Promise<void> {
  checkPlace(path, purpose);
  const cause = await listen(server, path);
  if (cause === undefined) return;
  if (cause.code !== "EADDRINUSE") throw unusable(path, purpose, cause.message);
  if (!isSocket(path)) throw unusable(path, purpose, "there is something that is no socket");
  if (await isAnswered(path)) throw taken(path, purpose);
  unlinkSync(path);
  if ((await listen(server, path)) !== undefined) throw taken(path, purpose);
}

/**
 * Makes sure that nobody else can put anything in the place of the socket.
 *
 * @throws {MeshError} `bad_config` where the path is too long, or its directory can't be made or is open to others.
 */
function checkPlace(path: string, { name, flag }: SocketPurpose): void {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    const text = `the path of the ${name} has over ${PATH_BYTES_MAX} bytes: ${path}`;
    throw new MeshError("bad_config", `${text}; take a shorter one with ${flag}`);
  }
  if (process.platform === "win32") return;
  const directory = dirname(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { message } = cause as Error;
    throw new MeshError("bad_config", `there is no directory for the ${name}: ${message}`);
  }
  const { mode } = statSync(directory);
  if ((mode & 0o022) === 0) return;
  const text = `others may write in ${directory} (mode ${(mode & 0o7777).toString(8)})`;
  throw new MeshError("bad_config", `${text}; put the ${name} in a directory of your own`);
}

/** Resolves to what stands in the way, if anything does. */
function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const failed = (cause: NodeJS.ErrnoException): void => resolve(cause);
    server.once("error", failed);
    // The socket is made while `listen` runs, and is this user's alone from its first moment.
    const usual = process.umask(0o177);
    server.listen(path, () => {
      server.off("error", failed);
      resolve(undefined);
    });
    process.umask(usual);
  });
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== false;
}

/** False only where it is certain that no process listens there. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT"),
    );
  });
}

function taken(path: string, { name }: SocketPurpose): MeshError {
  return new MeshError("address_in_use", `another node answers at the ${name} ${path}`);
}

function unusable(path: string, { name }: SocketPurpose, why: string): MeshError {
  return new MeshError("bad_config", `there can be no ${name} at ${path}: ${why}`);
}
