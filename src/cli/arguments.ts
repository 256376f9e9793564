import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Arguments, Command, Flag } from "./command.ts";
import { UsageError } from "./usage-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/**
 * Reads what stands behind the name of a command: flags first, then the environment, then defaults.
 *
 * @throws {UsageError} An unknown flag, a value out of range, too few or too many operands.
 */
export function readArguments(
  command: Command,
  words: readonly string[],
  environment: Environment,
): Arguments {
  const { values, positionals } = parse(command, words);
  checkOperands(command, positionals);
  const flags = new Map(command.flags.map((flag) => [flag.name, flag]));
  const found = new Map<string, string | true | readonly string[]>();
  for (const flag of flags.values()) {
    const value = chosenValue(flag, values, environment);
    if (value === undefined) continue;
    check(flag, value);
    found.set(flag.name, value);
  }
  return {
    positionals,
    text: (name) => asText(found.get(name)),
    number: (name) => asNumber(found.get(name)),
    isSet: (name) => found.get(name) === true,
    list: (name) => asList(found.get(name)),
  };
}

function parse(command: Command, words: readonly string[]): ReturnType<typeof parseStrictly> {
  try {
    return parseStrictly(command, words);
  } catch (error) {
    // The parser's advice about "--" runs over several sentences; its first one says what is wrong.
    const [said] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(`${said}; see macula ${command.name} --help`);
  }
}

function parseStrictly(
  command: Command,
  words: readonly string[],
): { values: Values; positionals: string[] } {
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

function chosenValue(
  flag: Flag,
  values: Values,
  environment: Environment,
): string | true | readonly string[] | undefined {
  const typed = values[flag.name];
  if (typed === true) return true;
  if (typeof typed === "string") return typed;
  if (Array.isArray(typed)) return typed.map(String);
  const inherited = flag.environment === undefined ? undefined : environment[flag.environment];
  const text = inherited === undefined || inherited === "" ? flag.fallback : inherited;
  if (text === undefined) return undefined;
  if (flag.kind === "switch") return text === "1" || text === "true" ? true : undefined;
  return flag.kind === "list" ? text.split(",").filter((part) => part !== "") : text;
}

function check(flag: Flag, value: string | true | readonly string[]): void {
  if (typeof value !== "string") return;
  if (flag.choices !== undefined && !flag.choices.includes(value)) {
    throw new UsageError(`--${flag.name} is one of ${flag.choices.join(", ")}, not "${value}"`);
  }
  if (flag.kind !== "number") return;
  const [least, most] = flag.range ?? [0, Number.MAX_SAFE_INTEGER];
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number) || number < least || number > most) {
    throw new UsageError(
      `--${flag.name} is a whole number from ${least} to ${most}, not "${value.slice(0, 80)}"`,
    );
  }
}

function asText(value: string | true | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function asNumber(value: string | true | readonly string[] | undefined): number | undefined {
  return typeof value === "string" ? Number(value) : undefined;
}

function asList(value: string | true | readonly string[] | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}
