import { parseWords, type Typed, weigh } from "./arguments.ts";
import type { Arguments, Command, Environment } from "./command.ts";
import { loadSettings } from "./commands.ts";
import { type ConfigFile, configPlaces, findConfig, problemOf } from "./config-file.ts";
import { HOME_FLAG } from "./node-flags.ts";
import { UsageError } from "./usage-error.ts";

/** What a command was given, and what is wrong with it: a line each. */
export interface Given {
  readonly given: Arguments;
  readonly problems: readonly string[];
}

/**
 * Reads the command line of `command`, the environment and the configuration file.
 *
 * @throws {UsageError} with the first problem, unless the command explains them itself.
 */
export async function readGiven(
  command: Command,
  words: readonly string[],
  environment: Environment,
): Promise<Given> {
  const typed = parseWords(command, words);
  const problems: string[] = [];
  const file = configFor(command, typed, environment, problems);
  if (file !== undefined) problems.push(...(await checkFile(command, file)));
  const weighed = weigh(command, typed, environment, file);
  problems.push(...weighed.problems);
  if (problems[0] !== undefined && command.explainsSettings !== true) {
    throw new UsageError(problems[0]);
  }
  return { given: weighed.given, problems };
}

function configFor(
  command: Command,
  { values }: Typed,
  environment: Environment,
  problems: string[],
): ConfigFile | undefined {
  if (command.flags.every(({ name }) => name !== "config")) return undefined;
  const flag = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  try {
    return findConfig(configPlaces(flag, environment, HOME_FLAG.fallback ?? "."));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

/** The definitions of all commands are loaded only for what this one does not know. */
async function checkFile(command: Command, file: ConfigFile): Promise<string[]> {
  const own = new Map(
    command.flags.filter(({ environment }) => environment).map((flag) => [flag.name, flag]),
  );
  const isOwn = [...file.entries.keys()].every((name) => own.has(name));
  const settings = isOwn ? own : await loadSettings();
  return [...file.entries].flatMap(([name, value]) => problemOf(file, name, value, settings) ?? []);
}
