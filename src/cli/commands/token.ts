import { idText, parseNodeId } from "../../base/id.ts";
import { closedRealm } from "../../identity/realm.ts";
import { loadRealmKey } from "../../node/key-file.ts";
import { isMode, MODE_NAMES, namesOf, rolesOfMode } from "../../node/modes.ts";
import { tokenFile } from "../../node/token-file.ts";
import { parseToken, signToken, type Token, tokenText } from "../../peer/token.ts";
import type { Arguments, Command } from "../command.ts";
import { readDuration } from "../duration.ts";
import { EXIT } from "../exit-code.ts";
import { print, printJson } from "../output.ts";
import { UsageError } from "../usage-error.ts";
import { REALM_KEY_FLAG } from "./realm.ts";

async function run(given: Arguments): Promise<number> {
  const [action, file, ...rest] = given.positionals;
  if (action === "issue" && file === undefined) return await tell(given, issue(given), true);
  if (action === "show" && file !== undefined && rest.length === 0) {
    return await tell(given, parseToken(tokenFile(file)()), false);
  }
  throw new UsageError("write macula token issue --node <id>, or macula token show <file>");
}

function issue(given: Arguments): Token {
  const said = given.text("node");
  if (said === undefined) throw new UsageError("--node <id> is missing; macula id prints it");
  const key = loadRealmKey(given.text("key") as string);
  const now = Date.now();
  return signToken(key.signer, {
    realm: closedRealm(key.name, key.signer.id).id,
    node: parseNodeId(said),
    roles: rolesFrom(given.text("roles") as string),
    notBefore: now,
    expires: now + readDuration("expires", given.text("expires") as string),
  });
}

/** The roles of all the modes in a list. */
function rolesFrom(list: string): number {
  return list.split(",").reduce((roles, name) => {
    if (isMode(name)) return roles | rolesOfMode(name);
    throw new UsageError(`"${name}" in --roles is none of ${MODE_NAMES.join(", ")}`);
  }, 0);
}

async function tell(given: Arguments, token: Token, isNew: boolean): Promise<number> {
  const facts = {
    node: idText(token.node),
    realmId: idText(token.realm),
    roles: namesOf(token.roles),
    notBefore: new Date(token.notBefore).toISOString(),
    expires: new Date(token.expires).toISOString(),
  };
  if (given.isSet("json")) await printJson({ token: tokenText(token), ...facts });
  else if (isNew) await print(tokenText(token));
  else {
    for (const [name, value] of Object.entries(facts)) await print(`${name.padEnd(10)}${value}`);
  }
  return EXIT.ok;
}

export const token: Command = {
  name: "token",
  operands: "issue | show <file>",
  operandCount: [1, 2],
  summary: "let a node into a closed realm, for some time",
  details: `issue signs a token with the realm's key and prints it: one word, good for one node id and no other, so it is
    no secret. The node reads it from the file that --token names, and again every 5 seconds: to renew, issue another
    one and replace the file. Nothing but its time ends
    a token: give short ones to nodes that may have to go.

    --roles are the modes the node may run in. An edge carries nothing of others and holds no records; it may call and
    provide as all may.`,
  examples: [
    {
      line: "macula token issue --node $(macula id) --roles gateway > node.token",
      does: "Lets the node of node.key in as a gateway, for 30 days.",
    },
    {
      line: "macula token issue --node <id> --expires 12h",
      does: "Lets a node in as an edge until tonight.",
    },
    {
      line: "macula token show node.token",
      does: "Shows whose it is, what it allows and until when.",
    },
  ],
  flags: [
    REALM_KEY_FLAG,
    { name: "node", kind: "text", value: "<id>", help: "The id of the node that is let in." },
    {
      name: "roles",
      kind: "text",
      value: "<modes>",
      fallback: "edge",
      help: "Modes it may run in, separated by commas: bootstrap, gateway, edge, hybrid.",
    },
    {
      name: "expires",
      kind: "text",
      value: "<time>",
      fallback: "30d",
      help: "How long from now on: 45m, 12h, 30d; ten years at most.",
    },
    { name: "json", kind: "switch", help: "Print one JSON object and nothing else." },
  ],
  run,
};
