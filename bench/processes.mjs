import { fork, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROLE = fileURLToPath(new URL("role.mjs", import.meta.url));

/** Where the processes leave their profiles. */
export const PROFILES = fileURLToPath(new URL(".profiles", import.meta.url));

/** Milliseconds a process may take to answer beyond what it was asked to do, and to end. */
const DEADLINE = 30_000;
const END_DEADLINE = 5_000;

/** One process of a benchmark, seen from its parent. */
class Process {
  name;
  /** What the role told at its start. */
  ready;
  #child;
  #waiting = new Map();
  #number = 0;
  #gone;
  #ended;

  constructor(name, { role, profile, inside = [] }) {
    this.name = name;
    const [execPath, ...words] = [...inside, process.execPath];
    const file = `${profile}-${name}.cpuprofile`;
    const flags = ["--cpu-prof", `--cpu-prof-dir=${PROFILES}`, `--cpu-prof-name=${file}`];
    this.#child = fork(role, {
      execPath,
      execArgv: [...words, ...(profile === undefined ? [] : flags)],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#child.on("message", ({ number, output, error }) => {
      if (error === undefined) this.#waiting.get(number)?.resolve(output);
      else this.#waiting.get(number)?.reject(new Error(`${name}: ${error}`));
      this.#waiting.delete(number);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#lose(new Error(`${name} ended early (${signal ?? `exit code ${code}`})`));
        resolve();
      });
      this.#child.once("error", (error) => {
        this.#lose(error);
        resolve();
      });
    });
  }

  #lose(error) {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }

  /** Has the role do something; `seconds` is what that takes by itself. */
  ask(name, input, seconds = 0) {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const number = this.#number++;
    const { promise, settle } = this.#expect(number, seconds * 1_000 + DEADLINE, name);
    this.#child.send({ number, name, input });
    return promise.finally(settle);
  }

  #expect(number, timeout, what) {
    let timer;
    const promise = new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      timer = setTimeout(() => {
        this.#waiting.delete(number);
        reject(new Error(`${this.name} has not done "${what}" within ${timeout} ms`));
      }, timeout);
    });
    return { promise, settle: () => clearTimeout(timer) };
  }

  /** Ties all its threads to the first core. False where that can't be done here. */
  pin() {
    const words = ["-a", "-c", "-p", "0", String(this.#child.pid)];
    const { status } = spawnSync("taskset", words, { stdio: "ignore" });
    return status === 0;
  }

  /** Takes it away as a power cut does: it can say nothing more, to nobody. Resolves when it is gone. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async end() {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_DEADLINE);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** The processes of one run. They end with it, whatever becomes of it. */
export class Processes {
  #all = [];
  #role;
  #profile;

  /** `profile` names the profiles to write; `undefined` writes none. `role` is the file that each process runs. */
  constructor(profile, role = ROLE) {
    this.#profile = profile;
    this.#role = role;
    if (profile !== undefined) mkdirSync(PROFILES, { recursive: true });
  }

  /** Starts a process and resolves when its role is ready. `inside` are the words of a command to run it with. */
  async start(name, config, inside) {
    const process = new Process(name, { role: this.#role, profile: this.#profile, inside });
    this.#all.push(process);
    process.ready = await process.ask("start", config);
    return process;
  }

  /** Ties all of them to one and the same core. False where that can't be done here. */
  pin() {
    return this.#all.every((process) => process.pin());
  }

  /** Ends those started last first: callers before whom they call. */
  async end() {
    for (const process of this.#all.reverse()) await process.end();
  }
}

/** Runs `action` with processes of its own. */
export async function withProcesses(profile, action) {
  const processes = new Processes(profile);
  try {
    return await action(processes);
  } finally {
    await processes.end();
  }
}
