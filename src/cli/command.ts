/** One `--flag` of a command: how it is read and what `--help` says of it. */
export interface Flag {
  /** As it is typed, without the dashes: `max-hops`. */
  readonly name: string;
  readonly kind: "text" | "number" | "switch" | "list";
  /** Shown behind the flag in the help: `<host:port>`. Switches have none. */
  readonly value?: string;
  readonly help: string;
  /** Read where the flag is not given. A list is separated by commas. */
  readonly environment?: string;
  /** Used where neither is given. */
  readonly fallback?: string;
  /** Bounds of a number, both included. */
  readonly range?: readonly [number, number];
  /** The only values a text may have. */
  readonly choices?: readonly string[];
}

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
  /** Does the work; resolves to the exit code. What it throws becomes one line on stderr. */
  run(given: Arguments): Promise<number>;
}
