#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { COMMANDS, loadCommand, loadCommands } from "./commands.ts";
import { EXIT } from "./exit-code.ts";
import { toFailure } from "./failure.ts";
import { commandHelp, overview } from "./help.ts";
import { note, print, printJson } from "./output.ts";
import { UsageError } from "./usage-error.ts";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function help(name: string | undefined): Promise<number> {
  if (name === undefined) await print(overview(await loadCommands()));
  else await print(commandHelp(await find(name)));
  return EXIT.ok;
}

async function find(name: string): Promise<Command> {
  const command = await loadCommand(name);
  if (command !== undefined) return command;
  throw new UsageError(`there is no command "${name}"; there are ${COMMANDS.join(", ")} and help`);
}

/** Runs one command line and resolves to the exit code. Never rejects. */
async function run(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  try {
    if (first === "--version" || first === "version") {
      await print(version());
      return EXIT.ok;
    }
    if (first === undefined || first === "help" || first === "--help" || first === "-h") {
      return await help(rest[0]);
    }
    if (first.startsWith("-")) throw new UsageError(`"${first}" must stand behind a command`);
    const command = await find(first);
    if (rest.includes("--help") || rest.includes("-h")) return await help(first);
    return await command.run(readArguments(command, rest, process.env));
  } catch (error) {
    return await fail(error, first, rest.includes("--json"));
  }
}

async function fail(error: unknown, name: string | undefined, json: boolean): Promise<number> {
  const { code, message, exitCode } = toFailure(error);
  note(
    `macula${name === undefined || name.startsWith("-") ? "" : ` ${name}`}: ${code}: ${message}`,
  );
  if (json) await printJson({ ok: false, error: { code, message } });
  return exitCode;
}

// A reader that went away (macula … | head) is no failure of ours.
process.stdout.on("error", () => process.exit(EXIT.ok));

const code = await run(process.argv.slice(2));
// Not left to the event loop: a served module may hold timers and sockets of its own.
process.exit(code);
