import { peersView } from "../../http/views.ts";
import type { NodeStatus } from "../../index.ts";
import type { Arguments, Command } from "../command.ts";
import { askRunning } from "../control/ask-running.ts";
import { EXIT } from "../exit-code.ts";
import { ASKING_FLAGS } from "../node-flags.ts";
import { print, printJson } from "../output.ts";
import { showPeers } from "../show/show-peers.ts";

async function run(given: Arguments): Promise<number> {
  const status = (await askRunning(given, { ask: "status" })) as NodeStatus;
  if (given.isSet("json")) await printJson({ ok: true, ...peersView(status) });
  else await print(showPeers(status));
  return EXIT.ok;
}

export const peers: Command = {
  name: "peers",
  operands: "",
  operandCount: [0, 0],
  summary: "show whom a running node is linked to and whom it knows",
  details: `Asks a node that runs on this machine, through its control socket, for its links and for its contact table:
    the nodes that hold records and have proved to it that they are there, by bucket. Ids are cut to eight digits;
    with --json they are whole.

    A node has a control socket where it was started with --control, or with --state.`,
  examples: [
    {
      line: "macula peers --state /var/lib/macula",
      does: "The node that was started with the same --state.",
    },
    {
      line: "macula peers --control ./a.sock --json",
      does: "Prints { ok, id, anchors, links, contacts }.",
    },
  ],
  flags: ASKING_FLAGS,
  run,
};
