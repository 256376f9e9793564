import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Arguments, Command, Environment, Flag, FlagValue, Origin } from "./command.ts";
import { type ConfigFile, entryOf } from "./config-file.ts";
import { nearest, suggestion } from "./nearest.ts";
import { UsageError } from "./usage-error.ts";

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What stands behind the name of a command, as it was typed. */
export interface Typed {
  readonly values: Values;
  readonly positionals: readonly string[];
}

interface Chosen {
  readonly value: FlagValue | undefined;
  readonly origin: Origin;
}

/**
 * Reads what stands behind the name of a command: flags first, then the environment, then the file, then defaults.
 *
 * @throws {UsageError} An unknown flag, a value out of range, too few or too many operands.
 */
export function readArguments(
  command: Command,
  words: readonly string[],
  environment: Environment,
  file?: ConfigFile,
): Arguments {
  const { given, problems } = weigh(command, parseWords(command, words), environment, file);
  const [problem] = problems;
  if (problem !== undefined) throw new UsageError(problem);
  return given;
}

/** The same, with all that is wrong with the values beside them, a line each. */
export function weigh(
  command: Command,
  { values, positionals }: Typed,
  environment: Environment,
  file: ConfigFile | undefined,
): { readonly given: Arguments; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const found = new Map<string, Chosen>();
  for (const flag of command.flags) {
    const chosen = choose(flag, values, environment, file);
    found.set(flag.name, chosen);
    const problem = check(flag, chosen);
    if (problem !== undefined) problems.push(problem);
  }
  const value = (name: string): FlagValue | undefined => found.get(name)?.value;
  const given: Arguments = {
    positionals,
    text: (name) => asText(value(name)),
    number: (name) => asNumber(value(name)),
    isSet: (name) => value(name) === true,
    list: (name) => asList(value(name)),
    origin: (name) => found.get(name)?.origin ?? { from: "nowhere" },
  };
  return { given, problems };
}

/** @throws {UsageError} An unknown flag, one without its value, too few or too many operands. */
export function parseWords(command: Command, words: readonly string[]): Typed {
  const typed = parse(command, words);
  checkOperands(command, typed.positionals);
  return typed;
}

function parse(command: Command, words: readonly string[]): Typed {
  try {
    return parseStrictly(command, words);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const help = `see macula ${command.name} --help`;
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      throw new UsageError(`${unknownFlag(command, message)}; ${help}`);
    }
    // The parser's advice about "--" runs over several sentences; its first one says what is wrong.
    const [said] = message.split(/\.\s|\n/);
    throw new UsageError(`${said}; ${help}`);
  }
}

function unknownFlag({ flags }: Command, message: string): string {
  const [, dashes = "", name = ""] = /'(-*)([^']*)'/.exec(message) ?? [];
  const flag = nearest(
    name,
    flags.map((it) => it.name),
  );
  const meant = flag === undefined ? "" : `; did you mean --${flag}?`;
  return `there is no flag ${dashes}${name.slice(0, 80)}${meant}`;
}

function parseStrictly(command: Command, words: readonly string[]): Typed {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const flag of command.flags) {
    options[flag.name] = {
      type: flag.kind === "switch" ? "boolean" : "string",
      multiple: flag.kind === "list",
    };
  }
  const { values, positionals } = parseArgs({
    args: [...words],
    options,
    allowPositionals: true,
    strict: true,
  });
  return { values: values as Values, positionals };
}

function checkOperands(command: Command, positionals: readonly string[]): void {
  const [least, most] = command.operandCount;
  const usage = `macula ${command.name} ${command.operands}`.trim();
  if (positionals.length < least) throw new UsageError(`too few operands; write ${usage}`);
  if (positionals.length > most) {
    throw new UsageError(`"${positionals[most]}" is one operand too many; write ${usage}`);
  }
}

function choose(
  flag: Flag,
  values: Values,
  environment: Environment,
  file: ConfigFile | undefined,
): Chosen {
  const typed = values[flag.name];
  if (typed !== undefined) return { value: asTyped(typed), origin: { from: "flag" } };
  const variable = flag.environment;
  const inherited = variable === undefined ? undefined : environment[variable];
  if (variable !== undefined && inherited !== undefined && inherited !== "") {
    return { value: asInherited(flag, inherited), origin: { from: "environment", variable } };
  }
  // Only what the environment can say, too, is a setting; the rest belongs to one command line.
  const entry = variable === undefined ? undefined : file?.entries.get(flag.name);
  if (file !== undefined && entry !== undefined) {
    const value = entryOf(flag, entry) || undefined;
    return { value, origin: { from: "file", path: file.path } };
  }
  if (flag.fallback === undefined) return { value: undefined, origin: { from: "nowhere" } };
  return { value: asInherited(flag, flag.fallback), origin: { from: "default" } };
}

function asTyped(typed: NonNullable<Values[string]>): FlagValue {
  if (Array.isArray(typed)) return typed.map(String);
  return typed === true || typeof typed === "string" ? typed : String(typed);
}

function asInherited(flag: Flag, text: string): FlagValue | undefined {
  if (flag.kind === "switch") return text === "1" || text === "true" ? true : undefined;
  return flag.kind === "list" ? text.split(",").filter((part) => part !== "") : text;
}

/** What is wrong with a value, in one line. */
function check(flag: Flag, { value, origin }: Chosen): string | undefined {
  if (typeof value !== "string") return undefined;
  const shown = value.slice(0, 80);
  const name = `--${flag.name}${placeOf(origin)}`;
  if (flag.choices !== undefined && !flag.choices.includes(value)) {
    const meant = suggestion(value, flag.choices);
    return `${name} is one of ${flag.choices.join(", ")}, not "${shown}"${meant}`;
  }
  if (flag.kind !== "number") return undefined;
  const [least, most] = flag.range ?? [0, Number.MAX_SAFE_INTEGER];
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number) || number < least || number > most) {
    return `${name} is a whole number from ${least} to ${most}, not "${shown}"`;
  }
  return undefined;
}

/** ` (from …)` where a value was not typed. */
export function placeOf(origin: Origin): string {
  if (origin.from === "environment") return ` (from ${origin.variable})`;
  return origin.from === "file" ? ` (from ${origin.path})` : "";
}

function asText(value: FlagValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function asNumber(value: FlagValue | undefined): number | undefined {
  return typeof value === "string" ? Number(value) : undefined;
}

function asList(value: FlagValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}
