import { reportView } from "../../http/views.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { toFailure } from "../failure.ts";
import { watchInterrupt } from "../interrupt.ts";
import { joinMesh } from "../join-mesh.ts";
import { jsonArgument } from "../json-argument.ts";
import { checkEntrance } from "../mesh-of.ts";
import { HOME_FLAG, NODE_FLAGS } from "../node-flags.ts";
import { note, print, printJson } from "../output.ts";
import { showTrace } from "../show/show-trace.ts";

async function run(given: Arguments): Promise<number> {
  checkEntrance(given);
  const argument = await jsonArgument(given);
  using interrupt = watchInterrupt();
  const { signal } = interrupt;
  await using node = await joinMesh(given, signal);
  const { report } = await node.explain(given.positionals[0] as string, argument, {
    timeout: given.number("timeout") as number,
    signal,
    maxHops: given.number("max-hops") as number,
  });
  const failure = report.error && toFailure(report.error);
  if (given.isSet("json")) await printJson(reportView(report));
  else await print(showTrace(report));
  if (failure === undefined) return EXIT.ok;
  note(`macula trace: ${failure.code}: ${failure.message}`);
  return failure.exitCode;
}

export const trace: Command = {
  name: "trace",
  operands: "<procedure> [json]",
  operandCount: [1, 2],
  summary: "call a procedure and show the way the call took",
  details: `Joins the mesh as a light node, calls the procedure as macula call does, and prints each node that the call
    passed, how that node chose where it went on, and after how long that was known here; then what was tried and did
    not lead anywhere, and why. The procedure is executed.

    A call that fails is shown as far as it came, and ends with exit code 1.`,
  examples: [
    {
      line: `macula trace calculator.add '{"a": 2, "b": 3}' --bootstrap 127.0.0.1:9443`,
      does: "Shows the forwarders between here and the provider.",
    },
    {
      line: "macula trace greet --bootstrap 127.0.0.1:9443 --json",
      does: "Prints { ok, error, procedure, provider, strategy, routing, rule, hops, attempts, elapsed }.",
    },
  ],
  flags: [...NODE_FLAGS, HOME_FLAG],
  run,
};
