import type { Command, Flag } from "./command.ts";

/** What a shell is told to complete commands, flags and values, by the name of the shell. */
export const COMPLETIONS: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** The words an operand may be: `create` and `show` of `create <name> | show`. */
export function actionsOf({ operands }: Pick<Command, "operands">): string[] {
  const first = operands.split("|").map((part) => part.trim().split(" ")[0] ?? "");
  return first.filter((word) => /^[a-z]+$/.test(word));
}

/** Whether the command or the flag wants the name of a file or directory. */
function wantsPath({ value }: Pick<Flag, "value">): boolean {
  return value === "<file>" || value === "<directory>" || value === "<path>";
}

function operandIsPath({ operands }: Command): boolean {
  return /<(?:file|module)>/.test(operands);
}

/** In single quotes, as every POSIX shell reads them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const names = (commands: readonly Command[]): string[] => [
  ...commands.map(({ name }) => name),
  "help",
];

function bash(commands: readonly Command[]): string {
  const values = commands.flatMap(({ name, flags }) =>
    flags.flatMap((flag) => {
      const what = bashValue(flag);
      return what === undefined ? [] : [`    ${name}:--${flag.name}) ${what};;`];
    }),
  );
  const words = commands.map((command) => {
    const flags = command.flags.map(({ name }) => `--${name}`);
    const all = [...actionsOf(command), ...flags, "--help"].join(" ");
    const files = operandIsPath(command) ? "; files=1" : "";
    return `    ${command.name}) words=${quoted(all)}${files};;`;
  });
  return `# macula: completion for bash
_macula() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=\${COMP_WORDS[1]} words= files=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(names(commands).join(" "))} -- "$current"))
    return
  fi
  case $command:$previous in
${values.join("\n")}
  esac
  case $command in
${words.join("\n")}
    help) words=${quoted(commands.map(({ name }) => name).join(" "))};;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _macula macula`;
}

/** What stands behind a flag; `undefined` where nothing does. */
function bashValue(flag: Flag): string | undefined {
  if (flag.kind === "switch") return undefined;
  if (wantsPath(flag)) return 'COMPREPLY=($(compgen -f -- "$current")); return';
  const choices = flag.choices ?? [];
  if (choices.length === 0) return "return";
  return `COMPREPLY=($(compgen -W ${quoted(choices.join(" "))} -- "$current")); return`;
}

function zsh(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) =>
    quoted(`${name}:${summary.replaceAll(":", "\\:")}`),
  );
  const cases = commands.map((command) => {
    const flags = command.flags.map(zshFlag);
    const actions = actionsOf(command);
    const operand = operandIsPath(command) ? "'*:file:_files'" : "'*: :'";
    const first = actions.length === 0 ? operand : quoted(`1:action:(${actions.join(" ")})`);
    const rest = actions.length === 0 ? [] : [operand];
    return `    ${command.name}) _arguments ${[...flags, first, ...rest].join(" \\\n      ")};;`;
  });
  return `#compdef macula
# macula: completion for zsh
_macula() {
  local -a commands=(
    ${[...described, quoted("help:show how a command is used")].join("\n    ")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
    help) _describe command commands;;
  esac
}
if [ "$funcstack[1]" = "_macula" ]; then _macula "$@"; else compdef _macula macula; fi`;
}

function zshFlag(flag: Flag): string {
  const many = flag.kind === "list" ? "*" : "";
  const help = flag.help.replace(/[[\]\\:]/g, "\\$&");
  const name = `${many}--${flag.name}[${help}]`;
  if (flag.kind === "switch") return quoted(name);
  if (wantsPath(flag)) return quoted(`${name}:file:_files`);
  return quoted(`${name}:value:${flag.choices === undefined ? "" : `(${flag.choices.join(" ")})`}`);
}

function fish(commands: readonly Command[]): string {
  const none = "not __fish_seen_subcommand_from";
  const all = names(commands).join(" ");
  const lines = commands.flatMap((command) => {
    const on = `complete -c macula -n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
    const actions = actionsOf(command);
    return [
      `complete -c macula -n ${quoted(`${none} ${all}`)} -a ${command.name} -d ${fishText(command.summary)}`,
      ...(actions.length === 0 ? [] : [`${on} -a ${quoted(actions.join(" "))}`]),
      ...(operandIsPath(command) ? [`${on} -F`] : []),
      ...command.flags.map(
        (flag) => `${on} -l ${flag.name}${fishValue(flag)} -d ${fishText(flag.help)}`,
      ),
    ];
  });
  return ["# macula: completion for fish", "complete -c macula -f", ...lines].join("\n");
}

function fishValue(flag: Flag): string {
  if (flag.kind === "switch") return "";
  if (wantsPath(flag)) return " -r -F";
  return flag.choices === undefined ? " -x" : ` -x -a ${quoted(flag.choices.join(" "))}`;
}

/** Fish reads only the backslash and the quote itself within single quotes. */
function fishText(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
