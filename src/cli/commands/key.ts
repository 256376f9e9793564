import { createNodeKey, loadKey } from "../../node/key-file.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { tellId } from "../show/tell-id.ts";
import { UsageError } from "../usage-error.ts";

async function run(given: Arguments): Promise<number> {
  const [action, file] = given.positionals;
  const read = action === "create" ? createNodeKey : action === "show" ? loadKey : undefined;
  if (read === undefined || file === undefined) {
    throw new UsageError("write macula key create <file>, or macula key show <file>");
  }
  await tellId(given, read(file), { file, created: action === "create" });
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
