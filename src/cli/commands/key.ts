import { idText } from "../../base/id.ts";
import { signerFromSeed } from "../../identity/keys.ts";
import { createNodeKey, loadKey } from "../../node/key-file.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { print, printJson } from "../output.ts";
import { UsageError } from "../usage-error.ts";

async function run(given: Arguments): Promise<number> {
  const [action, file] = given.positionals;
  const read = action === "create" ? createNodeKey : action === "show" ? loadKey : undefined;
  if (read === undefined || file === undefined) {
    throw new UsageError("write macula key create <file>, or macula key show <file>");
  }
  const id = idText(signerFromSeed(read(file)).id);
  if (given.isSet("json")) await printJson({ id, file, created: action === "create" });
  else await print(id);
  return EXIT.ok;
}

export const key: Command = {
  name: "key",
  operands: "create <file> | show <file>",
  operandCount: [1, 2],
  summary: "make a node's key file, or show whose it is",
  details: `create makes a new key file (Ed25519, PKCS #8 in PEM, mode 0600) and prints the node id that belongs to it;
    a file that is there already is never replaced. show prints the id again, never the key. macula id does either,
    whichever is needed.`,
  examples: [
    { line: "macula key create node.key", does: "Makes node.key and prints its id." },
    { line: "macula key show node.key --json", does: "Prints { id, file, created }." },
  ],
  flags: [{ name: "json", kind: "switch", help: "Print one JSON object and nothing else." }],
  run,
};
