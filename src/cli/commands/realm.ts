import { closedRealmText } from "../../identity/realm.ts";
import { createRealmKey, loadRealmKey, type RealmKey } from "../../node/key-file.ts";
import type { Arguments, Command, Flag } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { print, printJson } from "../output.ts";
import { UsageError } from "../usage-error.ts";

/** The file with the key of a closed realm. */
export const REALM_KEY_FLAG: Flag = {
  name: "key",
  kind: "text",
  secret: "path",
  value: "<file>",
  environment: "MACULA_REALM_KEY",
  fallback: "realm.key",
  help: "The realm's key file. Who has it decides who belongs to the realm; no node needs it.",
};

async function run(given: Arguments): Promise<number> {
  const key = keyOf(given);
  const realm = closedRealmText(key.name, key.signer.id);
  if (given.isSet("json")) await printJson({ realm, file: given.text("key") });
  else await print(realm);
  return EXIT.ok;
}

function keyOf(given: Arguments): RealmKey {
  const [action, name, ...rest] = given.positionals;
  const path = given.text("key") as string;
  if (action === "create" && name !== undefined && rest.length === 0)
    return createRealmKey(path, name);
  if (action === "show" && name === undefined) return loadRealmKey(path);
  throw new UsageError("write macula realm create <name>, or macula realm show");
}

export const realm: Command = {
  name: "realm",
  operands: "create <name> | show",
  operandCount: [1, 2],
  summary: "make a closed realm, which only nodes with a token can join",
  details: `Whoever knows the name of an open realm can join it. A closed realm has a key: create makes the key file
    (mode 0600, never replaced) and prints the realm as every node has to be told it, name and public key in one
    word. Nodes get in with a token: see macula help token.

    Keep the key file away from the machines that run nodes, and keep a copy: a lost realm key can't be made again,
    and a stolen one lets anybody in.`,
  examples: [
    {
      line: "macula realm create com.example.shop",
      does: "Makes realm.key and prints com.example.shop~<64 digits>, for --realm of every node.",
    },
    { line: "macula realm show --key realm.key", does: "Prints the same again." },
  ],
  flags: [
    REALM_KEY_FLAG,
    { name: "json", kind: "switch", help: "Print one JSON object and nothing else." },
  ],
  run,
};
