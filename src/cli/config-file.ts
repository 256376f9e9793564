import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Environment, Flag, FlagValue } from "./command.ts";
import { suggestion } from "./nearest.ts";
import { UsageError } from "./usage-error.ts";

/** Bytes of a configuration file at most; what is larger is something else. */
const FILE_BYTES_MAX: number = 256 << 10;

/** In JSON: names, other texts, and what opens and closes. */
const TOKENS = /("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}[\]]/g;

/** Where settings are looked for where nobody says otherwise. */
const IN_DIRECTORY = "macula.json";
const IN_HOME = "config.json";

/** The settings that a file makes, as they stand there. */
export interface ConfigFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, unknown>;
}

/** Where to look for a configuration file. */
export interface ConfigPlaces {
  /** What `--config` or `MACULA_CONFIG` says: a file, or `off`. */
  readonly said: string | undefined;
  readonly directory: string;
  readonly home: string;
}

/**
 * The file that was said, else `macula.json` in the working directory, else `config.json` in the home of macula.
 *
 * @throws {UsageError} It can't be read, is not one flat JSON object, or says something twice. One that nobody has named
 *   has to belong to this user, or anybody could decide what the node of whoever stands in a shared directory does.
 */
export function findConfig({ said, directory, home }: ConfigPlaces): ConfigFile | undefined {
  if (said === "off") return undefined;
  if (said !== undefined) return readConfig(said);
  const path = [join(directory, IN_DIRECTORY), join(home, IN_HOME)].find((it) => existsSync(it));
  if (path === undefined) return undefined;
  checkOwner(path);
  return readConfig(path);
}

/** What the environment says of the places, as far as flags do not. */
export function configPlaces(
  flag: (name: string) => string | undefined,
  environment: Environment,
  homeDefault: string,
): ConfigPlaces {
  return {
    said: flag("config") ?? (environment.MACULA_CONFIG || undefined),
    directory: resolve("."),
    home: flag("home") ?? (environment.MACULA_HOME || homeDefault),
  };
}

function checkOwner(path: string): void {
  if (process.getuid === undefined) return;
  const { uid, mode } = statSync(path);
  const isForeign = uid !== process.getuid() && uid !== 0;
  if (!isForeign && (mode & 0o002) === 0) return;
  const why = isForeign ? "belongs to another user" : "may be written by everybody";
  throw new UsageError(`${path} ${why}, so it is not taken unasked; name it with --config, or off`);
}

function readConfig(path: string): ConfigFile {
  const text = readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const said = (cause as Error).message.replace(/, ".*/s, "");
    throw new UsageError(`${path} is no JSON: ${said}${place(text, said)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(
      `${path} has to be one JSON object with names of flags, such as {"realm": "com.example.shop"}`,
    );
  }
  const twice = namedTwice(text);
  if (twice !== undefined) throw new UsageError(`${path} says "${twice}" twice; leave one of them`);
  return { path, entries: new Map(Object.entries(value)) };
}

function readText(path: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error("it is too large to be one");
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(
      `the configuration file ${path} can't be read: ${(cause as Error).message}`,
    );
  }
}

/** The line where the parser gave up, where it tells the position. */
function place(text: string, said: string): string {
  const [, at] = /position (\d+)/.exec(said) ?? [];
  if (at === undefined) return "";
  return ` (line ${text.slice(0, Number(at)).split("\n").length})`;
}

/** A name that stands twice in the outermost object. The parser would take the last and say nothing. */
function namedTwice(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  for (const [token, name] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    if (name === undefined || depth !== 1) continue;
    const key = JSON.parse(name) as string;
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}

/** What is wrong with an entry, in one line; `undefined` where nothing is. `settings` are those of all commands. */
export function problemOf(
  { path }: ConfigFile,
  name: string,
  value: unknown,
  settings: ReadonlyMap<string, Flag>,
): string | undefined {
  const flag = settings.get(name);
  const where = `"${name.slice(0, 80)}" in ${path}`;
  if (flag === undefined) return `${where} is no setting${suggestion(name, [...settings.keys()])}`;
  if (entryOf(flag, value) !== undefined) return undefined;
  return `${where} has to be ${WORDS[flag.kind]}`;
}

const WORDS: Readonly<Record<Flag["kind"], string>> = {
  text: 'a text, such as "…"',
  number: "a number, without quotes",
  switch: "true or false",
  list: 'a list of texts, such as ["…"]',
};

/** An entry as if it had been typed; `undefined` where it is of the wrong type. */
export function entryOf({ kind }: Flag, value: unknown): FlagValue | false | undefined {
  if (kind === "text") return typeof value === "string" ? value : undefined;
  if (kind === "number") return typeof value === "number" ? String(value) : undefined;
  if (kind === "switch") return typeof value === "boolean" ? value : undefined;
  const isList = Array.isArray(value) && value.every((it) => typeof it === "string");
  return isList ? (value as string[]) : undefined;
}
