import type { NodeStatus } from "../../index.ts";
import type { Arguments, Command } from "../command.ts";
import { askNode } from "../control/ask-node.ts";
import { wantedPath } from "../control/ask-running.ts";
import { NoNodeError } from "../control/no-node-error.ts";
import { EXIT } from "../exit-code.ts";
import { watchInterrupt } from "../interrupt.ts";
import { ASKING_FLAGS } from "../node-flags.ts";
import { print, printJson } from "../output.ts";
import { pause } from "../pause.ts";
import { drawTop } from "../top/draw-top.ts";
import { Screen } from "../top/screen.ts";
import { type Sample, type TopView, topView } from "../top/top-view.ts";

/** Milliseconds between two looks. */
const EVERY = 1_000;

/** Enough for what is printed once. */
const PAGE = { columns: 200, rows: 1_000 };

async function run(given: Arguments): Promise<number> {
  using interrupt = watchInterrupt();
  const look = looker(given, interrupt.signal);
  const json = given.isSet("json");
  const isLive = process.stdout.isTTY === true && process.stdin.isTTY === true;
  if (given.isSet("once") || !(isLive || json)) {
    const first = await look();
    await pause(EVERY, interrupt.signal);
    interrupt.signal.throwIfAborted();
    const view = topView(first, await look());
    await (json ? printJson({ ok: true, ...view }) : print(drawTop(view, PAGE)));
    return EXIT.ok;
  }
  await (json ? tell(look, interrupt.signal) : watch(look, interrupt.signal));
  return EXIT.ok;
}

type Look = () => Promise<Sample>;

function looker(given: Arguments, signal: AbortSignal): Look {
  const path = wantedPath(given);
  const timeout = given.number("timeout") as number;
  return async () => {
    const status = (await askNode(path, { ask: "status" }, timeout, signal)) as NodeStatus;
    return { at: performance.now(), status };
  };
}

/** An object a second, until the signal fires. */
async function tell(look: Look, signal: AbortSignal): Promise<void> {
  for (let before: Sample | undefined = await look(); !signal.aborted; ) {
    await pause(EVERY, signal);
    if (signal.aborted) return;
    const now = await look();
    await printJson({ ok: true, ...topView(before, now) });
    before = now;
  }
}

/** A picture a second, until the signal fires or somebody has seen enough. A node that is away may come again. */
async function watch(look: Look, outer: AbortSignal): Promise<void> {
  let before: Sample | undefined = await look();
  let view: TopView | undefined = topView(undefined, before);
  const quit = new AbortController();
  const signal = AbortSignal.any([outer, quit.signal]);
  using screen = new Screen(process.stdout, process.stdin, () => quit.abort());
  while (!signal.aborted) {
    const text =
      view === undefined ? "no node answers; waiting for it" : drawTop(view, roomOf(screen));
    screen.draw(`${text}\n\nq ends`);
    await pause(EVERY, signal);
    if (signal.aborted) return;
    const now = await lookOrWait(look);
    view = now && topView(before, now);
    before = now;
  }
}

function roomOf(screen: Screen): { columns: number; rows: number } {
  return { ...screen.room, rows: screen.room.rows - 2 };
}

async function lookOrWait(look: Look): Promise<Sample | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof NoNodeError) return undefined;
    throw error;
  }
}

export const top: Command = {
  name: "top",
  operands: "",
  operandCount: [0, 0],
  summary: "watch a running node: links, calls a second, what it forwards, its health",
  details: `Asks a node that runs on this machine, through its control socket, once a second, and draws what it does: its
    health with reasons, calls a second by way and outcome, frames it forwards, and each link with kind, way of calls and round
    trip. q or Ctrl-C ends it. Where stdout is no terminal, it looks for one second and prints that.

    A node has a control socket where it was started with --control, or with --state.`,
  examples: [
    {
      line: "macula top --state /var/lib/macula",
      does: "Watches the node that was started with the same --state.",
    },
    {
      line: "macula top --control ./a.sock --once",
      does: "Looks for one second and prints what it saw.",
    },
    {
      line: "macula top --control ./a.sock --json",
      does: "Prints an object a second, for programs.",
    },
  ],
  flags: [
    { name: "once", kind: "switch", help: "Look for one second, print that, and end." },
    ...ASKING_FLAGS,
  ],
  run,
};
