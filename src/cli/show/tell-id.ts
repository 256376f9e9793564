import { idText } from "../../base/id.ts";
import { signerFromSeed } from "../../identity/keys.ts";
import type { Arguments } from "../command.ts";
import { print, printJson } from "../output.ts";

/** Prints whose a key is that lies in `file`, and whether it was made just now. */
export async function tellId(
  given: Arguments,
  seed: Uint8Array,
  { file, created }: { readonly file: string; readonly created: boolean },
): Promise<void> {
  const id = idText(signerFromSeed(seed).id);
  if (given.isSet("json")) await printJson({ id, file, created });
  else await print(id);
}
