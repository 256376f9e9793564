/** One `--flag` of a command: how it is read and what `--help` says of it. */
export interface Flag {
  /** As it is typed, without the dashes: `max-hops`. */
  readonly name: string;
  readonly kind: "text" | "number" | "switch" | "list";
  /** Shown behind the flag in the help: `<host:port>`. Switches have none. */
  readonly value?: string;
  readonly help: string;
  /** Read where the flag is not given. A list is separated by commas. What has one may stand in a configuration file. */
  readonly environment?: string;
  /** Used where neither is given. */
  readonly fallback?: string;
  /** Bounds of a number, both included. */
  readonly range?: readonly [number, number];
  /** The only values a text may have. */
  readonly choices?: readonly string[];
  /** Whoever knows the value can do what its owner can: it is never printed. `path` is the name of a file with such a thing. */
  readonly secret?: "value" | "path";
}

/** The variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a flag was given: text, also of a number; `true` of a switch; the texts of a list. */
export type FlagValue = string | true | readonly string[];

/** Where the value of a flag comes from. */
export type Origin =
  | { readonly from: "flag" | "default" | "nowhere" }
  | { readonly from: "environment"; readonly variable: string }
  | { readonly from: "file"; readonly path: string };

/** A command line and the sentence that says what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** What the user typed, checked against the flags of the command. */
export interface Arguments {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  isSet(name: string): boolean;
  list(name: string): readonly string[];
  origin(name: string): Origin;
}

/** What a command may want to know beside what it was given. */
export interface CommandContext {
  /** What is wrong with the settings, a line each; empty but for a command that `explainsSettings`. */
  readonly problems: readonly string[];
  /** The definitions of all commands. */
  readonly loadCommands: () => Promise<readonly Command[]>;
}

/** One command of `macula`. */
export interface Command {
  readonly name: string;
  /** Behind the name: `<procedure> [json]`. */
  readonly operands: string;
  /** How many operands there must and may be. */
  readonly operandCount: readonly [number, number];
  readonly summary: string;
  /** One or two paragraphs for somebody who has not used it before. */
  readonly details: string;
  readonly examples: readonly Example[];
  readonly flags: readonly Flag[];
  /** It runs a node until it is told to end. */
  readonly stays?: true;
  /** It tells itself what is wrong with the settings; other commands do not run then. */
  readonly explainsSettings?: true;
  /** Does the work; resolves to the exit code. What it throws becomes one line on stderr. */
  run(given: Arguments, context: CommandContext): Promise<number>;
}
