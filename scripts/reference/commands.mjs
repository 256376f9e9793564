import { homedir } from "node:os";
import { membersOf } from "./api.mjs";

/** Text of one line, fit for a table: no bar ends the cell, and nothing outside of code is taken for a tag. */
const cell = (text) =>
  text
    .trim()
    .replaceAll(/\s+/g, " ")
    .replaceAll("|", "\\|")
    .replaceAll(/`[^`]*`|</g, (found) => (found === "<" ? "&lt;" : found));
const code = (text) =>
  text === undefined || text === "" ? "" : `\`${text.replaceAll("|", "\\|")}\``;

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What is taken where nothing is said; the same on every machine. */
const fallbackOf = ({ fallback }) => fallback?.replace(homedir(), "~");

const flagText = (flag) => `--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`;

/** What a flag takes, beside what its help says. */
function says(flag) {
  const facts = [
    flag.choices === undefined ? "" : `One of ${flag.choices.map(code).join(", ")}.`,
    flag.range === undefined ? "" : `From ${flag.range[0]} to ${flag.range[1]}.`,
    flag.kind === "list" ? "May be given several times." : "",
  ];
  return [cell(flag.help), ...facts].filter((part) => part !== "").join(" ");
}

function commandSection(command) {
  const usage = `macula ${command.name} ${command.operands}`.trim();
  return [
    `## macula ${command.name}`,
    `\`${usage} [flags]\`: ${cell(command.summary)}.`,
    ...command.details.split("\n\n").map(cell),
    table(
      ["example", "does"],
      command.examples.map(({ line, does }) => [code(line), cell(does)]),
    ),
    table(
      ["flag", "does", "variable", "where nothing is said"],
      command.flags.map((flag) => [
        code(flagText(flag)),
        says(flag),
        code(flag.environment),
        code(fallbackOf(flag)),
      ]),
    ),
  ];
}

/** All commands, as their help says. */
export function commandPage(commands) {
  return [
    "# The command",
    "What `macula help` and `macula help <command>` print. A flag goes before its variable, a variable before the [configuration file](../operations.md#settings), and that before what is taken where nothing is said; variables of lists separate by commas. Exit codes: [operations](../operations.md#exit-codes-of-the-command).",
    ...commands.flatMap(commandSection),
  ];
}

function optionTable(entry, name) {
  return table(
    ["option", "type", "is"],
    membersOf(entry, name).map(({ name, isOptional, type, says }) => [
      code(name),
      code(type),
      `${isOptional ? "" : "Has to be given. "}${cell(says)}`,
    ]),
  );
}

/** Each setting once, with the commands that take it; `undefined` of a flag that has no variable. */
function settings(commands) {
  const found = new Map();
  for (const command of commands) {
    for (const flag of command.flags.filter(({ environment }) => environment !== undefined)) {
      const known = found.get(flag.name) ?? { flag, of: [], fallbacks: new Set() };
      known.of.push(command.name);
      if (flag.fallback !== undefined) known.fallbacks.add(fallbackOf(flag));
      found.set(flag.name, known);
    }
  }
  return [...found.values()];
}

/** What can be set, in programs, by flags and in the environment. */
export function configurationPage(commands) {
  return [
    "# Configuration",
    "A node takes its settings from options in programs; on the command line from flags, from the environment and from a [file](../operations.md#settings), in this order. `macula config check` shows each value and where it is from. What is wrong is refused with one line that names it: `bad_config` in programs, exit code 2 of the command.",
    "## Options of `createNode`",
    optionTable("macula-mesh", "NodeOptions"),
    "## Options of `serveHealth`",
    optionTable("macula-mesh/http", "HealthOptions"),
    "## Options of `serveAdmin`",
    optionTable("macula-mesh/http", "AdminOptions"),
    "## Flags and variables",
    "Of the commands that run a node or ask one. The flags without a variable stand with [their commands](cli.md).",
    table(
      ["variable", "flag", "is", "where nothing is said", "of"],
      settings(commands).map(({ flag, of, fallbacks }) => [
        code(flag.environment),
        code(flagText(flag)),
        says(flag),
        [...fallbacks].map(code).join(" or "),
        of.map(code).join(", "),
      ]),
    ),
    "`NO_COLOR`, set to anything, has the command print no colours.",
  ];
}
