import { readFileSync } from "node:fs";
import { fromHex, utf8 } from "../../src/base/bytes.ts";

interface Vector {
  readonly function: string;
  readonly input: readonly unknown[];
  readonly output: unknown;
}

const file = new URL("../vectors/reference-ids.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly Vector[] };

/** The recorded results of one function of the original. Throws where there are none. */
export function reference(name: string): readonly Vector[] {
  const found = vectors.filter((vector) => vector.function.endsWith(name));
  if (found.length === 0) throw new Error(`no vectors of ${name}`);
  return found;
}

/** A binary of the vectors: printable ones stand as text, others as hexadecimal. */
export function binary(term: unknown): Uint8Array {
  if (typeof term === "string") return utf8(term);
  const bytes = fromHex((term as { readonly $bin: string }).$bin);
  if (bytes === undefined) throw new Error("not a binary");
  return bytes;
}
