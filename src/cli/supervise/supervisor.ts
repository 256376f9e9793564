import { type ChildProcess, fork } from "node:child_process";
import type { Log } from "../../base/ports.ts";
import { EXIT } from "../exit-code.ts";
import { note, printJson } from "../output.ts";
import { pause } from "../pause.ts";
import { type Death, deathText, Lives, type Over, SHORT_LIVES_MAX } from "./lives.ts";
import type { Carried, Order, Sign } from "./message.ts";
import { Pulse } from "./pulse.ts";

/** Time that a node has to close after it was asked to, in milliseconds. */
const GRACE = 10_000;

/** Signs of life within the time after which a node counts as hung; and milliseconds between two at most. */
const BEATS = 4;
const BEAT_MAX = 1_000;

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

export interface Supervision {
  /** Name of the command, for what is said on stderr, and what stands behind it. */
  readonly name: string;
  readonly words: readonly string[];
  /** Milliseconds without a sign of life, after which the node is killed and started again. */
  readonly hungAfter: number;
  readonly log: Log;
  /** What is told at the end is told as an object, too. */
  readonly json: boolean;
}

/**
 * Runs a command that stays in a process of its own, and starts it again where that dies or hangs: with the same key and the
 * same port. Resolves to the exit code once it has ended as it was asked to, has said why it can't run, or keeps dying.
 */
export async function supervise(supervision: Supervision): Promise<number> {
  const { name, words, hungAfter, log } = supervision;
  using end = new EndRequest();
  const lives = new Lives();
  for (let carried: Carried = {}; ; ) {
    const life = new Life([name, ...words], carried, hungAfter, end);
    const death = await life.ended;
    carried = life.carried;
    const verdict = lives.after(death);
    if (end.signal !== undefined) return endedBy(end.signal, death);
    const reason = deathText(death, hungAfter);
    if (verdict.kind === "over") return await over(supervision, verdict, reason);
    const { wait } = verdict;
    log.write("error", "node_restarted", { reason, wait });
    await pause(wait, end.asked);
    if (end.signal !== undefined) return lives.hasBeenReady ? EXIT.ok : EXIT.interrupted;
  }
}

async function over(
  { name, json }: Supervision,
  { code, gaveUp }: Over,
  reason: string,
): Promise<number> {
  if (!gaveUp) return code;
  const times = `${SHORT_LIVES_MAX} times in a row soon after its start`;
  const advice = "see the lines above, and start it with --supervise off to look closer";
  const message = `the node failed ${times}: the last time ${reason}; ${advice}`;
  note(`macula ${name}: node_failed: ${message}`);
  if (json) await printJson({ ok: false, error: { code: "node_failed", message } });
  return code;
}

/** Who was asked to end and did so tells how by its exit code; who had to be killed was cut short. */
function endedBy(signal: NodeJS.Signals, { code }: Death): number {
  return code ?? (signal === "SIGINT" ? EXIT.interrupted : 143);
}

/** Ctrl-C and polite kills of this process, remembered. */
class EndRequest implements Disposable {
  signal: NodeJS.Signals | undefined;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(signal: NodeJS.Signals, isFirst: boolean) => void>();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const isFirst = this.signal === undefined;
    this.signal ??= signal;
    this.#controller.abort();
    for (const listener of this.#listeners) listener(signal, isFirst);
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get asked(): AbortSignal {
    return this.#controller.signal;
  }

  on(listener: (signal: NodeJS.Signals, isFirst: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}

/** One process of the node, from its start to its end. */
class Life {
  readonly ended: Promise<Death>;
  carried: Carried;
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();
  readonly #pulse: Pulse;
  readonly #watch: NodeJS.Timeout;
  #wasReady = false;
  #wasHung = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(words: readonly string[], carried: Carried, hungAfter: number, end: EndRequest) {
    this.carried = carried;
    this.#pulse = new Pulse(hungAfter, performance.now());
    const beat = Math.min(BEAT_MAX, Math.floor(hungAfter / BEATS));
    this.#child = fork(new URL("./node-main.js", import.meta.url), [...words], {
      stdio: ["inherit", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (sign: Sign | null) => this.#take(sign));
    this.#order({ kind: "begin", beat, carried });
    this.#watch = setInterval(() => this.#look(), beat);
    const off = end.on((signal, isFirst) => this.#end(signal, isFirst));
    this.ended = this.#death(off);
  }

  #death(off: () => void): Promise<Death> {
    return new Promise((resolve) => {
      const done = (code: number | null, signal: NodeJS.Signals | null): void => {
        clearInterval(this.#watch);
        clearTimeout(this.#grace);
        off();
        const lived = performance.now() - this.#startedAt;
        const { wasReady, wasHung } = { wasReady: this.#wasReady, wasHung: this.#wasHung };
        resolve({ code, signal, wasHung, wasReady, lived });
      };
      this.#child.once("exit", done);
      // No process could be made; an error after its start is a message that got nowhere.
      this.#child.on("error", () => {
        if (this.#child.pid === undefined) done(EXIT.start, null);
      });
    });
  }

  #take(sign: Sign | null): void {
    this.#pulse.hear(performance.now());
    // A served module has the channel, too, and may say anything.
    if (sign?.kind !== "ready") return;
    this.#wasReady = true;
    this.carried = sign.carried;
  }

  #look(): void {
    if (!this.#pulse.hangs(performance.now()) || this.#wasHung) return;
    this.#wasHung = true;
    this.#child.kill("SIGKILL");
  }

  #end(signal: NodeJS.Signals, isFirst: boolean): void {
    if (!isFirst) {
      this.#child.kill("SIGKILL");
      return;
    }
    this.#order({ kind: "end", signal });
    this.#grace = setTimeout(() => this.#child.kill("SIGKILL"), GRACE);
  }

  #order(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {});
  }
}
