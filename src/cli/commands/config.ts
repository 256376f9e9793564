import { existsSync } from "node:fs";
import type { Arguments, Command, CommandContext, Flag, FlagValue, Origin } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { suggestion } from "../nearest.ts";
import { ADDRESS_FLAG, HOME_FLAG, stayingFlags } from "../node-flags.ts";
import { print, printJson } from "../output.ts";
import { table } from "../show/table.ts";
import { UsageError } from "../usage-error.ts";
import { REALM_KEY_FLAG } from "./realm.ts";

/** All that is a setting of some command, with the defaults of `macula start`. */
const SETTINGS: readonly Flag[] = [
  ...stayingFlags("hybrid"),
  HOME_FLAG,
  ADDRESS_FLAG,
  REALM_KEY_FLAG,
].filter(({ environment }) => environment !== undefined);

interface Shown {
  readonly name: string;
  /** A secret is told by its length. */
  readonly value: string | number | boolean | readonly string[] | undefined;
  readonly origin: Origin;
}

async function run(given: Arguments, { problems: found }: CommandContext): Promise<number> {
  const [action] = given.positionals;
  if (action !== "check") throw new UsageError("write macula config check");
  const { contradictions } = await import("../contradictions.ts");
  const problems = found.length > 0 ? found : contradictions(given);
  const settings = SETTINGS.map((flag) => shownOf(flag, given));
  const unknown = unknownVariables(process.env);
  if (given.isSet("json")) {
    const told = settings.map(({ origin, ...setting }) => ({ ...setting, ...origin }));
    await printJson({ ok: problems.length === 0, settings: told, problems, unknown });
  } else await print(text(settings, problems, unknown));
  return problems.length === 0 ? EXIT.ok : EXIT.usage;
}

function shownOf(flag: Flag, given: Arguments): Shown {
  const value = readValue(flag, given);
  return { name: flag.name, value: hidden(flag, value), origin: given.origin(flag.name) };
}

function readValue({ kind, name }: Flag, given: Arguments): Shown["value"] {
  if (kind === "switch") return given.isSet(name);
  if (kind === "list") return given.list(name);
  return kind === "number" ? given.number(name) : given.text(name);
}

/** Where the name of a secret file is asked for, somebody may have put the secret itself. */
function hidden({ secret }: Flag, value: Shown["value"]): Shown["value"] {
  if (secret === undefined || typeof value !== "string") return value;
  const isPath = secret === "path" && (existsSync(value) || /^[\w./~:\\ -]{1,64}$/.test(value));
  return isPath ? value : `(${value.length} characters, not shown)`;
}

/** Variables that look like settings of macula and are none. They do no harm, but may be mistyped. */
function unknownVariables(environment: NodeJS.ProcessEnv): string[] {
  const known = [...SETTINGS.map((flag) => flag.environment as string), "MACULA_CONFIG"];
  return Object.keys(environment)
    .filter((name) => name.startsWith("MACULA_") && !known.includes(name))
    .map((name) => `${name} is no setting${suggestion(name, known)}`);
}

const ORIGINS = { flag: "flag", default: "default", nowhere: "not set" } as const;

function originText(origin: Origin): string {
  if (origin.from === "environment") return origin.variable;
  return origin.from === "file" ? origin.path : ORIGINS[origin.from];
}

function valueText(value: FlagValue | Shown["value"]): string {
  if (value === undefined || value === false) return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.join(" ");
  return String(value);
}

function text(
  settings: readonly Shown[],
  problems: readonly string[],
  unknown: readonly string[],
): string {
  const rows = settings.map(({ name, value, origin }) => [
    name,
    valueText(value),
    originText(origin),
  ]);
  const verdict = problems.length === 0 ? "nothing is wrong" : `${problems.length} to mend`;
  return [
    table(rows, ["setting", "value", "said by"]),
    "",
    ...problems.map((problem) => `wrong: ${problem}`),
    ...unknown.map((line) => `look at: ${line}`),
    verdict,
  ].join("\n");
}

export const config: Command = {
  name: "config",
  operands: "check",
  operandCount: [1, 1],
  summary: "explain each setting, and what has made it",
  details: `Shows what macula start would run with, and for each value whether a flag, an environment variable, the
    configuration file or the default says so; then what is wrong, a line each. Other commands may have other
    defaults. Secrets are not shown.

    The file is one JSON object; its keys are the names of flags that have a variable: { "realm": "com.example.shop",
    "bootstrap": ["gateway.example.com:9443"], "timeout": 8000 }. It is ./macula.json, else ~/.macula/config.json, or
    what --config or MACULA_CONFIG names; off reads none. Paths in it start at the working directory.

    Ends with exit code 0 where nothing is wrong, else 2.`,
  examples: [
    {
      line: "macula config check",
      does: "Explains the settings that commands in this directory have.",
    },
    {
      line: "macula config check --config ./gateway.json --mode gateway",
      does: "Explains a file before it is used, with a flag that comes before it.",
    },
    {
      line: "macula config check --json",
      does: "Prints { ok, settings, problems, unknown }.",
    },
  ],
  flags: [
    ...SETTINGS,
    { name: "json", kind: "switch", help: "Print one JSON object and nothing else." },
  ],
  explainsSettings: true,
  run,
};
