import type { MeshNode } from "../../index.ts";
import type { Arguments, Command } from "../command.ts";
import { HOME_FLAG, stayingFlags } from "../node-flags.ts";
import { loadProcedures } from "../served-module.ts";

async function run(given: Arguments): Promise<number> {
  const procedures = await loadProcedures(given.positionals[0] as string);
  const { runUntilStopped } = await import("../running-node.ts");
  return await runUntilStopped(given, async (node: MeshNode) => {
    for (const [name, handler] of procedures) await node.register(name, handler);
    return { procedures: [...procedures.keys()] };
  });
}

export const serve: Command = {
  name: "serve",
  operands: "<module>",
  operandCount: [1, 1],
  summary: "offer the functions of a JavaScript file as procedures",
  details: `Loads the module, joins the mesh and registers every exported function under its name; names with dots
    stand as keys in a default export. A handler gets the argument of the call and may be async; what it
    returns is the answer. A HandlerError it throws reaches the caller as handler_error with its code and
    message, anything else as handler_crash.

    The module: export function greet(name) { return "hello " + name; }
    export default { "calculator.add": ({ a, b }) => a + b };`,
  examples: [
    {
      line: "macula serve ./handlers.mjs --bootstrap 127.0.0.1:9443",
      does: "Offers what handlers.mjs exports, from behind any NAT.",
    },
    {
      line: "macula serve ./handlers.mjs --mode hybrid --listen 0.0.0.0:9443",
      does: "Offers it from a node that others can join the mesh through.",
    },
  ],
  flags: [...stayingFlags("edge"), HOME_FLAG],
  stays: true,
  run,
};
