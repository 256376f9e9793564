import type { Value } from "../index.ts";
import type { Arguments } from "./command.ts";
import { readAll } from "./standard-input.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The argument behind the procedure: JSON, from standard input where it is a single `-`, null where there is none.
 *
 * @throws {UsageError} It is no JSON.
 */
export async function jsonArgument(given: Arguments): Promise<Value> {
  const typed = given.positionals[1];
  if (typed === undefined) return null;
  const text = typed === "-" ? await readAll() : typed;
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new UsageError(
      `the argument is not JSON: ${text.slice(0, 60)}; quote it for the shell: '{"a": 2}', '"text"'`,
    );
  }
}
