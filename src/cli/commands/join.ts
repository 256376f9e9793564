import { existsSync } from "node:fs";
import { MeshError } from "../../base/errors.ts";
import { idText } from "../../base/id.ts";
import { signerFromSeed } from "../../identity/keys.ts";
import { readJoinString } from "../../node/join-string.ts";
import { loadOrCreateKey } from "../../node/key-file.ts";
import type { Arguments, Command } from "../command.ts";
import { Home, withTexts } from "../home.ts";
import { HOME_FLAG, stayingFlags } from "../node-flags.ts";

async function run(given: Arguments): Promise<number> {
  const text = given.positionals[0] as string;
  const { realm } = readJoinString(text);
  const home = new Home(given);
  home.make("join");
  const key = given.text("identity") ?? home.file("join/node.key");
  const id = idText(signerFromSeed(loadOrCreateKey(key)).id);
  const isClosed = realm.includes("~");
  const token = given.text("token") ?? home.file("join/token");
  if (isClosed && !existsSync(token)) throw noToken(id, token);
  home.write("mesh", text.trim());
  const filled = withTexts(given, {
    join: text,
    identity: key,
    state: given.text("state") ?? home.file("join/state"),
    token: isClosed ? token : undefined,
  });
  const { runUntilStopped } = await import("../running-node.ts");
  return await runUntilStopped(filled, async () => ({}));
}

function noToken(id: string, file: string): MeshError {
  return new MeshError(
    "token_missing",
    `this realm is closed; where its key is, run: macula token issue --node ${id} --key <realm key>, put what it prints into ${file}, and join again`,
  );
}

export const join: Command = {
  name: "join",
  operands: "<join string>",
  operandCount: [1, 1],
  summary: "join a mesh with the string that macula up has printed",
  details: `Runs a node in that mesh until Ctrl-C, from behind any NAT, with a key and a state of its own in --home. It also
    notes the mesh there: serve, call, trace and lookup use it from then on where neither --realm nor --bootstrap nor
    --join is given.

    A mistyped string is refused, and the part that is wrong is named. In a closed realm it says which id to have a
    token issued for.`,
  examples: [
    { line: "macula join 'macula-join-1/…'", does: "Joins, with what macula up has printed." },
    {
      line: 'macula call calculator.add \'{"a": 2, "b": 3}\'',
      does: "Calls into that mesh from then on.",
    },
  ],
  flags: [
    ...stayingFlags("edge").filter(({ name }) => !["join", "realm", "bootstrap"].includes(name)),
    HOME_FLAG,
  ],
  stays: true,
  run,
};
