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

/** JSON of anything a call may return. `indent` 0 keeps it on one line. */
export function toJson(value: unknown, indent = 0): string {
  return (
    JSON.stringify(
      value,
      (_key, part: unknown) => plain(part),
      indent === 0 ? undefined : indent,
    ) ?? "null"
  );
}

function plain(part: unknown): unknown {
  if (typeof part === "bigint") return part.toString();
  if (part instanceof Uint8Array) return Buffer.from(part).toString("base64");
  return part;
}

/** Writes one line to stderr: what people read, never what programs read. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
