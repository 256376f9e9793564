import { join, resolve } from "node:path";
import type { Arguments } from "../command.ts";

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
