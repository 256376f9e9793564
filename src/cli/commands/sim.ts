import { ROUTING_SHAPES } from "../../sim/scenarios/routing-shapes.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { suggestion } from "../nearest.ts";
import { print, printJson } from "../output.ts";
import { UsageError } from "../usage-error.ts";

/** Milliseconds between two words about how far it is. */
const PROGRESS_EVERY = 5_000;

async function run(given: Arguments): Promise<number> {
  const name = given.positionals[0] as string;
  const trials = given.number("trials");
  const paths = given.number("paths");
  const shape = given.text("shape");
  const options = {
    nodes: given.number("nodes") as number,
    seed: given.number("seed") as number,
    ...(trials === undefined ? {} : { trials }),
    ...(paths === undefined ? {} : { paths }),
    ...(shape === undefined ? {} : { shape }),
    progress: progressTo(process.stderr, given.isSet("progress")),
  };
  const { SCENARIOS } = await import("../../sim/scenarios/scenarios.ts");
  const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (scenario === undefined) {
    const known = Object.keys(SCENARIOS);
    const meant = suggestion(name, known);
    throw new UsageError(`there is no scenario "${name}"; there is ${known.join(", ")}${meant}`);
  }
  const report = await scenario(options);
  if (given.isSet("json")) await printJson(report);
  else
    await print(
      Object.entries(report)
        .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
        .join("\n"),
    );
  return report.ok ? EXIT.ok : EXIT.failed;
}

/** Says now and then how far it is: to a terminal, or where it is asked for. */
function progressTo(stream: NodeJS.WriteStream, isWanted: boolean): (text: string) => void {
  let saidAt = Date.now();
  return (text) => {
    if (!isWanted && !stream.isTTY) return;
    if (Date.now() - saidAt < PROGRESS_EVERY) return;
    saidAt = Date.now();
    stream.write(`${text}\n`);
  };
}

export const sim: Command = {
  name: "sim",
  operands: "<scenario>",
  operandCount: [1, 1],
  summary: "run the same node code in a simulated world, from a seed",
  details: `Runs a scenario with virtual time and a virtual network. All chance comes from the seed: the same seed
    gives the same run and the same trace hash, on every machine. A failure is replayed by its seed.`,
  examples: [
    {
      line: "macula sim chain --nodes 5 --seed 1",
      does: "A call along a chain of five nodes, three of them forwarding.",
    },
    {
      line: "macula sim join --nodes 1000 --seed 1",
      does: "A thousand nodes join through one address and find each other's procedures.",
    },
    {
      line: "macula sim chain --nodes 9 --seed 1 --json",
      does: "The same over seven forwarders; prints one object.",
    },
  ],
  flags: [
    {
      name: "nodes",
      kind: "number",
      value: "<n>",
      range: [2, 100_000],
      fallback: "5",
      help: "Nodes in the world.",
    },
    {
      name: "seed",
      kind: "number",
      value: "<n>",
      range: [0, 4_294_967_295],
      fallback: "1",
      help: "Where all chance comes from.",
    },
    {
      name: "shape",
      kind: "text",
      value: "<name>",
      help: `How the nodes of "routing" are linked: ${ROUTING_SHAPES.join(", ")}.`,
    },
    {
      name: "trials",
      kind: "number",
      value: "<n>",
      range: [1, 10_000_000],
      help: "How often it is tried, in scenarios that count; each has its own default.",
    },
    {
      name: "paths",
      kind: "number",
      value: "<n>",
      range: [1, 16],
      help: "Disjoint paths of every lookup, in sybil and ground-ids; as nodes do it when left out.",
    },
    { name: "progress", kind: "switch", help: "Say how far it is also where that is no terminal." },
    { name: "json", kind: "switch", help: "Print one JSON object and nothing else." },
  ],
  run,
};
