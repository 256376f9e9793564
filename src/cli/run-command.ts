import { readFileSync } from "node:fs";
import type { LogLevel } from "../base/ports.ts";
import type { Arguments, Command } from "./command.ts";
import { COMMANDS, loadCommand, loadCommands } from "./commands.ts";
import { EXIT } from "./exit-code.ts";
import { toFailure } from "./failure.ts";
import { readGiven } from "./given.ts";
import { commandHelp, overview } from "./help.ts";
import { suggestion } from "./nearest.ts";
import { note, print, printJson } from "./output.ts";
import { type LogFormat, stderrLog } from "./stderr-log.ts";
import { supervised } from "./supervise/supervised.ts";
import { UsageError } from "./usage-error.ts";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function tellVersion(json: boolean): Promise<number> {
  if (json) await printJson({ version: version() });
  else await print(version());
  return EXIT.ok;
}

async function help(name: string | undefined, json: boolean): Promise<number> {
  const isAll = name === undefined || name.startsWith("-");
  const commands = isAll ? await loadCommands() : [await find(name)];
  const [command] = commands;
  if (json) await printJson(isAll ? { commands } : command);
  else await print(isAll ? overview(commands) : commandHelp(command as Command));
  return EXIT.ok;
}

async function find(name: string): Promise<Command> {
  const command = await loadCommand(name);
  if (command !== undefined) return command;
  const meant = suggestion(name, COMMANDS);
  throw new UsageError(
    `there is no command "${name.slice(0, 80)}"; there are ${COMMANDS.join(", ")} and help${meant}`,
  );
}

/** Runs one command line and resolves to the exit code. Never rejects. */
export async function runCommand(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  const json = rest.includes("--json");
  try {
    if (first === "--version" || first === "version") return await tellVersion(json);
    if (first === undefined || first === "help" || first === "--help" || first === "-h") {
      return await help(rest[0], json);
    }
    if (first.startsWith("-")) throw new UsageError(`"${first}" must stand behind a command`);
    const command = await find(first);
    if (rest.includes("--help") || rest.includes("-h")) return await help(first, json);
    const { given, problems } = await readGiven(command, rest, process.env);
    if (command.stays === true && supervised() === undefined && given.text("supervise") === "on") {
      return await runSupervised(first, rest, given);
    }
    return await command.run(given, { problems, loadCommands });
  } catch (error) {
    return await fail(error, first, json);
  }
}

/** Nothing of a node is loaded here: this process only looks after the one that runs it. */
async function runSupervised(
  name: string,
  words: readonly string[],
  given: Arguments,
): Promise<number> {
  const { supervise } = await import("./supervise/supervisor.ts");
  const log = stderrLog(given.text("log") as LogLevel, given.text("log-format") as LogFormat);
  const hungAfter = given.number("hung-after") as number;
  return await supervise({ name, words, hungAfter, log, json: given.isSet("json") });
}

async function fail(error: unknown, name: string | undefined, json: boolean): Promise<number> {
  const { code, message, exitCode } = toFailure(error);
  note(
    `macula${name === undefined || name.startsWith("-") ? "" : ` ${name}`}: ${code}: ${message}`,
  );
  if (json) await printJson({ ok: false, error: { code, message } });
  return exitCode;
}
