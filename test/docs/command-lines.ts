import { existsSync, readFileSync } from "node:fs";
import { readArguments } from "../../src/cli/arguments.ts";
import { loadCommand } from "../../src/cli/commands.ts";
import { ROOT } from "./page.ts";

const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
  scripts: Record<string, string>;
};

/** npm scripts that are commands of `macula`. */
const AS_COMMAND = ["demo", "sim"];

/** Words of a line as a shell splits them; what follows a redirection is left out. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'$]|\$)+/g)].map(([word]) =>
    word.replaceAll(/["']/g, ""),
  );
  const redirected = words.findIndex((word) => /^\d?[<>]/.test(word));
  return redirected < 0 ? words : words.slice(0, redirected);
}

/** The commands of a shell's text, each as its words: comments, variables set for it and placeholders are gone. */
export function commandsOf(text: string): string[][] {
  return text
    .replaceAll(/\\\n\s*/g, " ")
    .replaceAll(/<[\w: -]+>/g, "placeholder")
    .replaceAll(/'[^'\n]*'|"[^"\n]*"/g, (quoted) => quoted.replaceAll(/[|;&#<>]/g, "_"))
    .split("\n")
    .map((line) => line.replace(/(?:^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/&&|[;|]/))
    .map(wordsOf)
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))))
    .filter((words) => words.length > 0);
}

/** A file of the project, where a command of another program is given one. */
const OWN_FILE = /^(?:deploy|docs|scripts|test)\//;

/** Throws where a command names what the project does not have: a command, a flag, an operand too many, a script, a file. */
export async function checkCommand(words: readonly string[]): Promise<void> {
  const [first, ...rest] = words;
  const missing = rest.find((word) => OWN_FILE.test(word) && !existsSync(`${ROOT}${word}`));
  if (missing !== undefined) throw new Error(`there is no file ${missing}`);
  if (first === "npx") return await checkCommand(rest);
  if (first === "npm") return await checkScript(rest.filter((word) => word !== "-s"));
  if (first !== "macula") return;
  const [name = "", ...given] = rest;
  if (name === "--version") return;
  const command = await loadCommand(name === "help" ? (given[0] ?? "start") : name);
  if (command === undefined) throw new Error(`macula has no command "${name}"`);
  if (name !== "help") readArguments(command, given, {});
}

async function checkScript([verb, name, ...given]: readonly string[]): Promise<void> {
  if (verb !== "run" || name === undefined) return;
  if (scripts[name] === undefined) throw new Error(`there is no script "${name}"`);
  if (AS_COMMAND.includes(name))
    await checkCommand(["macula", name, ...given.filter((word) => word !== "--")]);
}

/** Throws where a command that stands in the middle of a text has a flag or a script that there is not. */
export async function checkMention(code: string): Promise<void> {
  const [, script, given = ""] = /^npm run (?:-s )?([\w:-]+)(.*)$/.exec(code) ?? [];
  if (script !== undefined) {
    if (AS_COMMAND.includes(script)) return await checkMention(`macula ${script}${given}`);
    return await checkScript(["run", script]);
  }
  const [, name = "", rest = ""] = /^macula ([a-z]+)(.*)$/.exec(code) ?? [];
  if (name === "" || name === "help") return;
  const command = await loadCommand(name);
  if (command === undefined) throw new Error(`macula has no command "${name}"`);
  const flags = new Set(command.flags.map((flag) => `--${flag.name}`));
  const unknown = [...rest.matchAll(/--[a-z-]+/g)].find(([flag]) => !flags.has(flag));
  if (unknown !== undefined) throw new Error(`macula ${name} has no flag ${unknown[0]}`);
}
