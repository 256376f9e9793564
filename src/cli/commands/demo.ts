import { readFileSync } from "node:fs";
import type { Arguments, Command } from "../command.ts";
import { drawReport } from "../demo/draw.ts";
import type { DemoOptions, DemoOutcome } from "../demo/run-demo.ts";
import { EXIT } from "../exit-code.ts";
import { watchInterrupt } from "../interrupt.ts";
import { note, print, printJson } from "../output.ts";

/** What runs a node is loaded when it is needed. */
async function play(options: DemoOptions): Promise<DemoOutcome> {
  const { runDemo } = await import("../demo/run-demo.ts");
  return await runDemo(options);
}

async function run(given: Arguments): Promise<number> {
  using interrupt = watchInterrupt();
  const json = given.isSet("json");
  const { report, examples } = await play({
    calls: given.number("calls") as number,
    text: readFileSync(new URL("../../../README.md", import.meta.url), "utf8"),
    signal: interrupt.signal,
    progress: json ? () => undefined : (line) => process.stdout.write(`${line}\n`),
  });
  for (const example of examples) note(`failed call: ${example}`);
  if (json) await printJson(report);
  else await print(`\n${drawReport(report)}`);
  return report.ok ? EXIT.ok : EXIT.failed;
}

export const demo: Command = {
  name: "demo",
  operands: "",
  operandCount: [0, 0],
  summary: "start five processes and watch calls cross them",
  details: `Starts five processes on this machine, linked over QUIC as client – A – B – C – provider and no other
    way. The client counts the words of the README and calculates, by calling procedures of the provider
    that it cannot reach itself. Every answer is compared with one computed here.

    It ends by itself within seconds and leaves no process and no file behind.`,
  examples: [
    { line: "macula demo", does: "Draws the way of a call and the time of every hop." },
    { line: "macula demo --calls 10000", does: "Makes ten times as many calls." },
    { line: "macula demo --json", does: "Prints the figures as one object, for programs." },
  ],
  flags: [
    {
      name: "calls",
      kind: "number",
      value: "<n>",
      range: [1, 1_000_000],
      fallback: "1000",
      help: "Calls to make.",
    },
    { name: "json", kind: "switch", help: "Print one JSON object and nothing else." },
  ],
  run,
};
