import { toJson } from "../http/json.ts";

/** Writes one line to stdout and resolves once it is handed to the system. */
export function print(line: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${line}\n`, () => resolve());
  });
}

/** Writes one object to stdout, on one line. Bytes, big integers and dates are shown as text. */
export function printJson(value: unknown): Promise<void> {
  return print(toJson(value));
}

/** Writes one line to stderr: what people read, never what programs read. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
