/*
 * One process of the demo: a node in its mode, and the answers to what its parent asks.
 * It ends when its parent lets go of it, however that came about.
 */
import { isDeepStrictEqual } from "node:util";
import { type CallReport, createNode, type MeshNode, type Value } from "../../index.ts";
import { toFailure } from "../failure.ts";
import type {
  CallSummary,
  Ready,
  Report,
  Request,
  RequestName,
  Requests,
  StationConfig,
} from "./message.ts";
import { CALCULATOR, countText, type Operands, type Task, taskNumber } from "./procedures.ts";
import { DEMO_REALM } from "./topology.ts";

const EXAMPLES_MAX = 5;
/** Calls of which the quickest is shown: a hop's time is its own, not that of a busy machine. */
const ROUTE_TRIES = 20;

type Handlers = {
  readonly [N in RequestName]: (
    node: MeshNode,
    input: Requests[N]["input"],
    timeout: number,
  ) => Promise<Requests[N]["output"]> | Requests[N]["output"];
};

const HANDLERS: Handlers = {
  links: (node) => node.status().links.length,
  route: async (node, text, timeout) => {
    const tries: CallReport[] = [];
    for (let number = 0; number < ROUTE_TRIES; number++) {
      const { report } = await node.explain("text.count", text, { timeout });
      if (report.error !== undefined) throw report.error;
      tries.push(report);
    }
    const [quickest] = tries.sort((a, b) => a.elapsed - b.elapsed) as [CallReport];
    return [{ node: node.id, rule: quickest.rule, roundTrip: 0 }, ...quickest.hops];
  },
  calls: async (node, { count, text }, timeout) => await makeCalls(node, count, text, timeout),
};

function report(message: Report): void {
  if (process.connected) process.send?.(message);
}

async function start(config: StationConfig): Promise<{ node: MeshNode; ready: Ready }> {
  const node = await createNode({
    realm: DEMO_REALM,
    mode: config.mode,
    links: "static",
    listen: config.mode === "gateway" ? "127.0.0.1:0" : false,
    bootstrap: [...config.bootstrap],
  });
  await node.ready({ timeout: config.timeout });
  if (config.name === "provider") await provide(node);
  const ready = { id: node.id, addresses: node.addresses };
  if (config.name !== "client") return { node, ready };
  await ask(node, taskNumber(1, ""), config.timeout);
  const firstAnswerAt = performance.timeOrigin + performance.now();
  return { node, ready: { ...ready, firstAnswerAt } };
}

async function provide(node: MeshNode): Promise<void> {
  await node.register("text.count", (text) => ({ ...countText(String(text)) }));
  for (const [name, calculate] of Object.entries(CALCULATOR)) {
    await node.register(name, (operands: Operands) => calculate(operands));
  }
}

/** Makes one call; throws where the answer is not the one computed here. */
async function ask(node: MeshNode, task: Task, timeout: number): Promise<void> {
  const answer = await node.call(task.procedure, task.argument as Value, { timeout });
  if (!isDeepStrictEqual(answer, task.expected)) {
    const [found, right] = [JSON.stringify(answer), JSON.stringify(task.expected)];
    throw new Error(`${task.procedure} answered ${found} instead of ${right}`);
  }
}

async function makeCalls(
  node: MeshNode,
  count: number,
  text: string,
  timeout: number,
): Promise<CallSummary> {
  const whole = { procedure: "text.count", argument: text, expected: countText(text) };
  const times: number[] = [];
  const examples: string[] = [];
  let failures = 0;
  for (let number = 0; number < count; number++) {
    const task = number === 0 ? whole : taskNumber(number, text);
    const before = performance.now();
    try {
      await ask(node, task, timeout);
      times.push(performance.now() - before);
    } catch (error) {
      failures++;
      if (examples.length < EXAMPLES_MAX) examples.push(toFailure(error).message);
    }
  }
  times.sort((a, b) => a - b);
  const quantile = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
  return { calls: count, failures, examples, p50: quantile(0.5), p99: quantile(0.99) };
}

async function answer(node: MeshNode, request: Request, timeout: number): Promise<void> {
  const { number, name, input } = request;
  try {
    const handle = HANDLERS[name] as (...given: unknown[]) => unknown;
    report({ kind: "answer", number, output: await handle(node, input, timeout) });
  } catch (error) {
    const { code, message } = toFailure(error);
    report({ kind: "failure", number, message: `reports ${code}: ${message}` });
  }
}

const config = JSON.parse(process.argv[2] ?? "{}") as StationConfig;
// Ctrl-C in a terminal reaches every process of the group; the parent decides what it means.
process.on("SIGINT", () => undefined);
process.once("disconnect", () => process.exit(0));

try {
  const { node, ready } = await start(config);
  process.removeAllListeners("disconnect");
  process.once("disconnect", () => {
    void node.close().finally(() => process.exit(0));
  });
  if (!process.connected) process.exit(0);
  process.on("message", (request) => void answer(node, request as Request, config.timeout));
  report({ kind: "ready", ready });
} catch (error) {
  const { code, message } = toFailure(error);
  report({ kind: "failure", message: `could not start: ${code}: ${message}` });
  process.exitCode = 1;
  process.disconnect?.();
}
