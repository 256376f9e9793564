import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { NodeId } from "../../base/id.ts";
import { signerFromSeed } from "../../identity/keys.ts";
import { closedRealm, closedRealmText } from "../../identity/realm.ts";
import type { MeshNode } from "../../index.ts";
import { writeJoinString } from "../../node/join-string.ts";
import { createRealmKey, loadOrCreateKey, loadRealmKey } from "../../node/key-file.ts";
import { ROLES_ALL } from "../../peer/roles.ts";
import { signToken, tokenText } from "../../peer/token.ts";
import type { Arguments, Command } from "../command.ts";
import { Home, withTexts } from "../home.ts";
import { ADDRESS_FLAG, HOME_FLAG, stayingFlags } from "../node-flags.ts";
import { note } from "../output.ts";
import { reachableAddresses } from "../reachable.ts";
import { UsageError } from "../usage-error.ts";

/** How long the token is good that the node issues to itself at each start. */
const OWN_TOKEN_LIFE: number = 365 * 86_400_000;

async function run(given: Arguments): Promise<number> {
  const home = new Home(given);
  home.make("up");
  const key = given.text("identity") ?? home.file("up/node.key");
  const { id } = signerFromSeed(loadOrCreateKey(key));
  const realm = realmOf(given, home);
  // Before anything can fail: a key that was made for this realm is found again by it.
  home.write("up/realm", realm);
  const isClosed = realm.includes("~");
  const filled = withTexts(given, {
    realm,
    identity: key,
    state: given.text("state") ?? home.file("up/state"),
    token: isClosed ? ownToken(given, home, realm, id) : undefined,
  });
  const { runUntilStopped } = await import("../running-node.ts");
  return await runUntilStopped(filled, async (node: MeshNode) => {
    const addresses = reachableAddresses(node.addresses, given.list("address"));
    const join = writeJoinString(realm, node.id, addresses);
    home.write("mesh", join);
    note(isClosed ? howToAdmit(home) : "whoever has the join string can join this mesh");
    return { join };
  });
}

/** The realm that was said, else that of the last time, else a new one that nobody can guess. */
function realmOf(given: Arguments, home: Home): string {
  const said = given.text("realm");
  const known = home.read("up/realm");
  const isKnown = said === undefined || known?.startsWith(`${said}~`) === true;
  const realm = (isKnown ? known : said) ?? `mesh.${randomBytes(12).toString("hex")}`;
  if (!given.isSet("closed") || realm.includes("~")) return realm;
  if (said === undefined && known !== undefined) {
    throw new UsageError(
      "this mesh is open already; make a closed one with another --realm, or in another --home",
    );
  }
  const { name, signer } = createRealmKey(home.file("up/realm.key"), realm);
  return closedRealmText(name, signer.id);
}

/** The file with this node's token: where the realm's key is here, a fresh one. */
function ownToken(given: Arguments, home: Home, realm: string, node: NodeId): string | undefined {
  if (given.text("token") !== undefined) return undefined;
  const file = home.file("up/realm.key");
  const key = existsSync(file) ? loadRealmKey(file) : undefined;
  if (key === undefined || closedRealmText(key.name, key.signer.id) !== realm) {
    throw new UsageError(`--token <file> is missing: the key of ${realm} is not at ${file}`);
  }
  const { name, signer } = key;
  const now = Date.now();
  const token = signToken(signer, {
    realm: closedRealm(name, signer.id).id,
    node,
    roles: ROLES_ALL,
    notBefore: now,
    expires: now + OWN_TOKEN_LIFE,
  });
  home.write("up/token", tokenText(token));
  return home.file("up/token");
}

function howToAdmit(home: Home): string {
  const key = home.file("up/realm.key");
  return `this realm is closed: macula join prints an id on the other machine; let it in here with macula token issue --key ${key} --node <id>`;
}

export const up: Command = {
  name: "up",
  operands: "",
  operandCount: [0, 0],
  summary: "start a private mesh on this machine, and print what others join it with",
  details: `Starts the first node of a mesh, on UDP port 9443, with a key, a realm and a state of its own, which it keeps in
    --home; started again it is the same node of the same mesh. It prints a join string: realm, id and addresses in
    one word, with check digits; on a terminal as a QR code, too. It holds no key and no token, but an open realm is open to whoever has it.

    With --closed nobody gets in without a token: the realm's key is made in --home (up/realm.key). Other machines
    have to reach one of the addresses; where this one stands behind a router that forwards the port, or has a
    name, say so with --address.`,
  examples: [
    { line: "macula up", does: "Starts a mesh and prints the join string." },
    { line: "macula up --address mesh.example.com:9443", does: "The same, under a name." },
    {
      line: "macula up --closed --realm com.example.shop",
      does: "Starts a mesh that only nodes with a token can join.",
    },
  ],
  flags: [
    ...stayingFlags("hybrid").filter(({ name }) => name !== "join"),
    HOME_FLAG,
    ADDRESS_FLAG,
    {
      name: "no-qr",
      kind: "switch",
      help: "Draw no QR code of the join string, which is drawn on a terminal.",
    },
    { name: "closed", kind: "switch", help: "Close the realm: nobody gets in without a token." },
  ],
  stays: true,
  run,
};
