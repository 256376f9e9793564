import type { Arguments, Command } from "../command.ts";
import { stayingFlags } from "../node-flags.ts";

async function run(given: Arguments): Promise<number> {
  const { runUntilStopped } = await import("../running-node.ts");
  return await runUntilStopped(given, async () => ({}));
}

export const start: Command = {
  name: "start",
  operands: "",
  operandCount: [0, 0],
  summary: "run a node that others join and send calls through",
  details: `Runs a node until Ctrl-C. Once it has found its place, it prints one line: ready, with the address that
    others give to --bootstrap.

    The first node of a mesh needs no --bootstrap. Give it a key file, so that its id outlives a restart.`,
  examples: [
    {
      line: "macula start --identity a.key --listen 0.0.0.0:9443",
      does: "Starts the first node of a mesh, on UDP port 9443.",
    },
    {
      line: "macula start --listen 127.0.0.1:0 --bootstrap 127.0.0.1:9443",
      does: "Joins it from the same machine, on any free port.",
    },
    {
      line: "MACULA_REALM=com.example.shop macula start --json",
      does: 'Prints {"event":"ready","id":…,"addresses":[…]} for the program that started it.',
    },
  ],
  flags: stayingFlags("hybrid"),
  stays: true,
  run,
};
