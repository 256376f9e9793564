import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Handler } from "../rpc/handler.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The procedures a module offers: each exported function under its own name, and each function of a
 * default-exported object under its key.
 *
 * @throws {UsageError} The module cannot be loaded or offers nothing.
 */
export async function loadProcedures(path: string): Promise<ReadonlyMap<string, Handler>> {
  const exported = await load(path);
  const found = new Map<string, Handler>();
  const named = Object.entries(exported).filter(([name]) => name !== "default");
  const grouped = Object.entries(exported.default ?? {});
  for (const [name, value] of [...named, ...grouped]) {
    if (typeof value === "function") found.set(name, value as Handler);
  }
  if (found.size === 0) {
    throw new UsageError(
      `${path} exports no function; write export function add({ a, b }) { return a + b; } or export default { "text.count": (text) => … }`,
    );
  }
  return found;
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
      throw new UsageError(`${path} is not JavaScript; compile it first, or name it .mjs or .js`);
    }
    throw new UsageError(`${path} cannot be loaded: ${message}`, { cause: error });
  }
}
