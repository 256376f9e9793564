import type { Arguments } from "../command.ts";
import { watchInterrupt } from "../interrupt.ts";
import { UsageError } from "../usage-error.ts";
import { askNode } from "./ask-node.ts";
import type { ControlRequest } from "./message.ts";
import { socketPath } from "./socket-path.ts";

/** The control socket that the flags name. Throws `UsageError` where they name none. */
export function wantedPath(given: Arguments): string {
  const path = socketPath(given);
  if (path !== undefined) return path;
  throw new UsageError("say which node: --control <socket>, or the --state <directory> it has");
}

/**
 * Asks the running node that the flags name.
 *
 * @throws {UsageError} They name none.
 * @throws What `askNode` throws.
 */
export async function askRunning(given: Arguments, request: ControlRequest): Promise<unknown> {
  const path = wantedPath(given);
  using interrupt = watchInterrupt();
  return await askNode(path, request, given.number("timeout") as number, interrupt.signal);
}
