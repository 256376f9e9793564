import type { Arguments, Command, CommandContext } from "../command.ts";
import { COMPLETIONS } from "../completion.ts";
import { EXIT } from "../exit-code.ts";
import { suggestion } from "../nearest.ts";
import { print } from "../output.ts";
import { UsageError } from "../usage-error.ts";

async function run(given: Arguments, { loadCommands }: CommandContext): Promise<number> {
  const shell = given.positionals[0] as string;
  const write = Object.hasOwn(COMPLETIONS, shell) ? COMPLETIONS[shell] : undefined;
  if (write === undefined) {
    const known = Object.keys(COMPLETIONS);
    const meant = suggestion(shell, known);
    throw new UsageError(`there is a completion for ${known.join(", ")}, not "${shell}"${meant}`);
  }
  await print(write(await loadCommands()));
  return EXIT.ok;
}

export const completion: Command = {
  name: "completion",
  operands: "bash | zsh | fish",
  operandCount: [1, 1],
  summary: "print what makes a shell complete commands and flags",
  details: `Prints a script for the shell, made from the definitions of all commands: it completes commands, their flags,
    the values that a flag may have, and names of files where one is asked for.`,
  examples: [
    {
      line: 'eval "$(macula completion bash)"',
      does: "For this shell; put the line into ~/.bashrc to keep it.",
    },
    {
      line: "macula completion zsh > ~/.zfunc/_macula",
      does: "For zsh, where ~/.zfunc is in its fpath, from its next start on.",
    },
    {
      line: "macula completion fish > ~/.config/fish/completions/macula.fish",
      does: "For fish.",
    },
  ],
  flags: [],
  run,
};
