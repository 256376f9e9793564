import { existsSync } from "node:fs";
import { loadOrCreateKey } from "../../node/key-file.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { tellId } from "../show/tell-id.ts";

async function run(given: Arguments): Promise<number> {
  const file = given.text("identity") as string;
  const created = !existsSync(file);
  await tellId(given, loadOrCreateKey(file), { file, created });
  return EXIT.ok;
}

export const id: Command = {
  name: "id",
  operands: "",
  operandCount: [0, 0],
  summary: "show the id of a key file, and make the file where there is none",
  details: `A node's id is its public key, 64 hexadecimal digits. Others write it in front of an address to accept
    no other node there: <id>@host:port. The key file is the node's secret; only its owner may read it
    (mode 0600), and a file that others can read is refused.`,
  examples: [
    { line: "macula id --identity a.key", does: "Prints the id in a.key." },
    { line: "macula id --identity a.key --json", does: "Prints { id, file, created }." },
  ],
  flags: [
    {
      name: "identity",
      kind: "text",
      value: "<file>",
      environment: "MACULA_IDENTITY",
      fallback: "node.key",
      help: "The key file.",
    },
    { name: "json", kind: "switch", help: "Print one JSON object and nothing else." },
  ],
  run,
};
