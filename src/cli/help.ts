import { styleText } from "node:util";
import type { Command, Flag } from "./command.ts";
import { EXIT } from "./exit-code.ts";

const WIDTH = 88;

/** Words in lines of at most `WIDTH` columns, each line indented by `indent`. */
function wrap(text: string, indent = 0): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > WIDTH - indent) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((it) => " ".repeat(indent) + it).join("\n");
}

/** Escape codes only where a terminal shows them and the user has not asked for none. */
export function bold(text: string): string {
  return hasColour() ? styleText("bold", text) : text;
}

/** Whether stdout shows colour: a terminal, and `NO_COLOR` not set. */
export function hasColour(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}

function flagLine(flag: Flag): string {
  const head = flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`;
  const facts = [
    flag.choices?.join(" | "),
    flag.kind === "list" ? "repeatable" : undefined,
    flag.fallback === undefined ? undefined : `default ${flag.fallback}`,
    flag.environment,
  ].filter((fact) => fact !== undefined);
  const tail = facts.length === 0 ? flag.help : `${flag.help} (${facts.join("; ")})`;
  return `  ${head}\n${wrap(tail, 6)}`;
}

/** What `macula <command> --help` prints. */
export function commandHelp(command: Command): string {
  const examples = command.examples.map((it) => `  ${it.line}\n${wrap(it.does, 6)}`);
  return [
    `macula ${command.name}: ${command.summary}`,
    `${bold("Usage")}\n  macula ${command.name} ${command.operands} [flags]`.replace(
      / {2,}\[/,
      " [",
    ),
    command.details
      .split("\n\n")
      .map((paragraph) => wrap(paragraph))
      .join("\n\n"),
    `${bold("Examples")}\n${examples.join("\n")}`,
    command.flags.length === 0
      ? undefined
      : `${bold("Flags")}\n${command.flags.map(flagLine).join("\n")}`,
  ]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

/** What `macula help` prints. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((it) => it.name.length));
  const rows = commands.map((it) => `  ${it.name.padEnd(width)}  ${it.summary}`);
  return [
    "macula: a peer-to-peer mesh for Node.js. Procedures are called by name, hop by hop.",
    `${bold("Usage")}\n  macula <command> [operands] [flags]`,
    `${bold("Commands")}\n${rows.join("\n")}`,
    `${bold("First steps")}\n  macula demo              watch a call cross five processes\n  macula help start        how to start a node of your own`,
    `${bold("Exit codes")}\n  ${EXIT.ok} done   ${EXIT.failed} the call or the demo failed   ${EXIT.usage} wrong usage or configuration\n  ${EXIT.start} the node could not start   ${EXIT.interrupted} ended by Ctrl-C`,
    "A flag comes before its environment variable (MACULA_…), that before the configuration file, that before the\ndefault; macula config check says what came from where.",
  ].join("\n\n");
}
