import type { NodeStatus } from "../../index.ts";
import type { Arguments, Command } from "../command.ts";
import { askRunning } from "../control/ask-running.ts";
import { EXIT } from "../exit-code.ts";
import { ASKING_FLAGS } from "../node-flags.ts";
import { print, printJson } from "../output.ts";
import { showStatus } from "../show/show-status.ts";

async function run(given: Arguments): Promise<number> {
  const status = (await askRunning(given, { ask: "status" })) as NodeStatus;
  if (given.isSet("json")) await printJson({ ok: true, ...status });
  else await print(showStatus(status));
  return EXIT.ok;
}

export const status: Command = {
  name: "status",
  operands: "",
  operandCount: [0, 0],
  summary: "show how a running node stands",
  details: `Asks a node that runs on this machine, through its control socket: whether it is ready and healthy, its
    links and anchors, the records it holds, what is used of every bound, and its counters.

    A node has a control socket where it was started with --control, or with --state.`,
  examples: [
    {
      line: "macula status --state /var/lib/macula",
      does: "The node that was started with the same --state.",
    },
    {
      line: "macula status --control ./a.sock --json",
      does: "Prints { ok, id, ready, health, links, bounds, counters, … }, all that node.status() tells.",
    },
  ],
  flags: ASKING_FLAGS,
  run,
};
