import { MeshError } from "../../base/errors.ts";
import type { LookupReport } from "../../index.ts";
import type { Arguments, Command } from "../command.ts";
import { askRunning } from "../control/ask-running.ts";
import { NoNodeError } from "../control/no-node-error.ts";
import { socketPath } from "../control/socket-path.ts";
import { EXIT } from "../exit-code.ts";
import { watchInterrupt } from "../interrupt.ts";
import { joinMesh } from "../join-mesh.ts";
import { meshOf } from "../mesh-of.ts";
import { LOOKUP_FLAGS } from "../node-flags.ts";
import { print, printJson } from "../output.ts";
import { showLookup } from "../show/show-lookup.ts";
import { UsageError } from "../usage-error.ts";

async function run(given: Arguments): Promise<number> {
  const report = await ask(given);
  const { procedure, providers, asked, answered } = report;
  if (providers.length === 0) {
    const text = `no node that could be asked knows a provider of "${procedure}"`;
    throw new MeshError("no_provider", `${text}: ${asked} were asked and ${answered} answered`);
  }
  if (given.isSet("json")) await printJson({ ok: true, ...report });
  else await print(showLookup(report, Date.now()));
  return EXIT.ok;
}

/** Asks a running node where one is named and runs, else joins the mesh for this one question. */
async function ask(given: Arguments): Promise<LookupReport> {
  const canJoin = meshOf(given).bootstrap.length > 0;
  const procedure = given.positionals[0] as string;
  const timeout = given.number("timeout") as number;
  if (socketPath(given) !== undefined) {
    try {
      return (await askRunning(given, { ask: "lookup", procedure, timeout })) as LookupReport;
    } catch (error) {
      if (!(error instanceof NoNodeError && canJoin)) throw error;
    }
  } else if (!canJoin) {
    const text = "name a running node with --control or --state, or one to join the mesh through";
    throw new UsageError(`${text}: --bootstrap host:port, or --join <string>`);
  }
  using interrupt = watchInterrupt();
  await using node = await joinMesh(given, interrupt.signal, { isKept: false });
  return await node.lookup(procedure, { timeout, signal: interrupt.signal });
}

export const lookup: Command = {
  name: "lookup",
  operands: "<procedure>",
  operandCount: [1, 1],
  summary: "show who provides a procedure, and how that was found out",
  details: `Asks the mesh who provides the procedure, and prints the providers, the node that knew them, in how many
    steps it was found, and how many nodes were asked. A running node named by --control or --state asks for
    you; where none runs there, or none is named, the command joins the mesh through --bootstrap as a light node.

    Where nobody provides it, the command ends with no_provider and exit code 1.`,
  examples: [
    {
      line: "macula lookup calculator.add --state /var/lib/macula",
      does: "Lets the node that was started with the same --state ask.",
    },
    {
      line: "macula lookup calculator.add --bootstrap 127.0.0.1:9443 --json",
      does: "Prints { ok, procedure, providers, holder, steps, asked, answered, elapsed }.",
    },
  ],
  flags: LOOKUP_FLAGS,
  run,
};
