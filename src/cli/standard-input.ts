import { UsageError } from "./usage-error.ts";

/** Bytes that may come in: more would not fit into a call. */
const INPUT_MAX = 16 << 20;

/** All of standard input as text. Throws `UsageError` past 16 MiB. */
export async function readAll(): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    parts.push(part as Buffer);
    size += (part as Buffer).length;
    if (size > INPUT_MAX) throw new UsageError("standard input is over 16 MiB");
  }
  return Buffer.concat(parts).toString();
}
