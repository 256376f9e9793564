import { toJson } from "../../http/json.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { watchInterrupt } from "../interrupt.ts";
import { joinMesh } from "../join-mesh.ts";
import { jsonArgument } from "../json-argument.ts";
import { checkEntrance } from "../mesh-of.ts";
import { HOME_FLAG, NODE_FLAGS } from "../node-flags.ts";
import { print, printJson } from "../output.ts";

async function run(given: Arguments): Promise<number> {
  checkEntrance(given);
  const argument = await jsonArgument(given);
  using interrupt = watchInterrupt();
  const { signal } = interrupt;
  await using node = await joinMesh(given, signal);
  const timeout = given.number("timeout") as number;
  const { result, report } = await node.explain(given.positionals[0] as string, argument, {
    timeout,
    signal,
    maxHops: given.number("max-hops") as number,
  });
  if (report.error !== undefined) throw report.error;
  const { elapsed, provider, hops } = report;
  if (given.isSet("json")) await printJson({ ok: true, result, elapsed, provider, hops });
  else await print(toJson(result, 2));
  return EXIT.ok;
}

export const call: Command = {
  name: "call",
  operands: "<procedure> [json]",
  operandCount: [1, 2],
  summary: "call a procedure and print what it answers",
  details: `Joins the mesh as a light node, calls the procedure with the argument, prints the answer as JSON and
    leaves. The argument is JSON; a single - reads it from standard input; without one it is null.

    A call that fails prints one line with the code of the error, and ends with exit code 1.`,
  examples: [
    {
      line: `macula call calculator.add '{"a": 2, "b": 3}' --bootstrap 127.0.0.1:9443`,
      does: "Prints 5.",
    },
    {
      line: "jq -Rs . README.md | macula call text.count - --bootstrap 127.0.0.1:9443",
      does: "Sends a whole file as the argument.",
    },
    {
      line: `macula call greet '"you"' --bootstrap 127.0.0.1:9443 --timeout 500 --json`,
      does: "Prints { ok, result, elapsed, provider, hops }, or { ok: false, error } after half a second at most.",
    },
  ],
  flags: [...NODE_FLAGS, HOME_FLAG],
  run,
};
