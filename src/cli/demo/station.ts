import { type ChildProcess, fork } from "node:child_process";
import { MeshError } from "../../base/errors.ts";
import type { Ready, Report, Request, RequestName, Requests, StationConfig } from "./message.ts";

const STDERR_MAX = 4_096;
/** How long a process may take to end by itself before it is killed, in milliseconds. */
const END_GRACE = 2_000;

interface Waiting {
  resolve(output: unknown): void;
  reject(error: MeshError): void;
}

/** One process of the demo, seen from its parent. Whoever started it ends it. */
export class StationProcess implements AsyncDisposable {
  readonly name: string;
  /** Unix time in milliseconds just before the process was started. */
  readonly startedAt: number;
  readonly #child: ChildProcess;
  readonly #timeout: number;
  readonly #waiting: Map<number, Waiting> = new Map();
  readonly #exited: Promise<void>;
  #stderr = "";
  #requests = 0;

  constructor(config: StationConfig) {
    this.name = config.name;
    this.#timeout = config.timeout;
    this.startedAt = performance.timeOrigin + performance.now();
    this.#child = fork(new URL("./station-main.js", import.meta.url), [JSON.stringify(config)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // Nothing the user set for the parent, such as a debugger's port, is meant for five processes.
      execArgv: [],
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#failAll(`ended with ${signal ?? code}`);
        resolve();
      });
      this.#child.on("error", (error) => {
        // A process that did start and can't be written to has ended: its exit says how.
        if (this.#child.pid !== undefined) return;
        this.#failAll(`could not be started: ${error.message}`);
        resolve();
      });
    });
    this.#child.stderr?.on("data", (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString()).slice(-STDERR_MAX);
    });
    this.#child.on("message", (report) => this.#onReport(report as Report));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits until the process is up. Throws `timeout`, or `internal` with what it said. */
  async ready(signal: AbortSignal): Promise<Ready> {
    return (await this.#wait(0, signal, this.#timeout)) as Ready;
  }

  /** Asks the process something. Throws as `ready` does; `timeout` replaces that of the config. */
  async ask<N extends RequestName>(
    name: N,
    input: Requests[N]["input"],
    signal: AbortSignal,
    timeout: number = this.#timeout,
  ): Promise<Requests[N]["output"]> {
    const request: Request = { number: ++this.#requests, name, input };
    const answer = this.#wait(request.number, signal, timeout);
    if (this.#child.connected) this.#child.send(request);
    return (await answer) as Requests[N]["output"];
  }

  #wait(number: number, signal: AbortSignal, timeout: number): Promise<unknown> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) {
      return Promise.reject(this.#error(`ended with ${signalCode ?? exitCode}`));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.reject(new MeshError("timeout", `process ${this.name} took over ${timeout} ms`));
      }, timeout);
      const onAbort = (): void => waiting.reject(signal.reason as MeshError);
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.#waiting.delete(number);
      };
      const waiting: Waiting = {
        resolve: (output) => {
          settle();
          resolve(output);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#waiting.set(number, waiting);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #onReport(report: Report): void {
    if (report.kind === "ready") this.#waiting.get(0)?.resolve(report.ready);
    else if (report.kind === "answer") this.#waiting.get(report.number)?.resolve(report.output);
    else this.#waiting.get(report.number ?? 0)?.reject(this.#error(report.message));
  }

  #failAll(message: string): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reject(this.#error(message));
  }

  #error(message: string): MeshError {
    const said = this.#stderr.trim();
    return new MeshError(
      "internal",
      `process ${this.name} ${message}${said && `; it said: ${said}`}`,
    );
  }

  /** Ends the process: a polite word first, a kill after two seconds. Resolves once it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), END_GRACE);
    await this.#exited;
    clearTimeout(kill);
  }
}
