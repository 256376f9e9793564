import { mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MeshError } from "../../base/errors.ts";
import type { Arguments } from "../command.ts";

/** Bytes that the path of a socket may have on every system; longer ones are cut or refused by some. */
const PATH_BYTES_MAX = 103;

const IN_STATE = "control.sock";

/** Where the control socket of a node is: where `--control` says, else in its state directory; `undefined` without both. */
export function socketPath(given: Arguments): string | undefined {
  const said = given.text("control");
  if (said !== undefined) return said;
  const state = given.text("state");
  if (state === undefined) return undefined;
  // Windows has sockets of this kind in a place of their own.
  if (process.platform === "win32") return join("\\\\?\\pipe", resolve(state), IN_STATE);
  return join(state, IN_STATE);
}

/**
 * Makes sure that nobody else can put anything in the place of the socket.
 *
 * @throws {MeshError} `bad_config` where the path is too long, or its directory can't be made or is open to others.
 */
export function checkPlace(path: string): void {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    const text = `the path of the control socket has over ${PATH_BYTES_MAX} bytes: ${path}`;
    throw new MeshError("bad_config", `${text}; take a shorter one with --control`);
  }
  if (process.platform === "win32") return;
  const directory = dirname(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { message } = cause as Error;
    throw new MeshError("bad_config", `there is no directory for the control socket: ${message}`);
  }
  const { mode } = statSync(directory);
  if ((mode & 0o022) === 0) return;
  const text = `others may write in ${directory} (mode ${(mode & 0o7777).toString(8)})`;
  throw new MeshError("bad_config", `${text}; put the control socket in a directory of your own`);
}
