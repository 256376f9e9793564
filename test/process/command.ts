import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Bound on every wait of these tests, in milliseconds; far above what is ever needed. */
const DEADLINE = 15_000;

/** Nothing of the tester's own settings reaches the processes under test; one process each, where nothing else is said. */
function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("MACULA_"));
  return { ...Object.fromEntries(clean), NO_COLOR: "1", ...QUIET, ...extra };
}

const QUIET = { MACULA_HEALTH: "off", MACULA_CONFIG: "off", MACULA_SUPERVISE: "off" };

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `macula`, with all it has said so far. */
export class Running implements AsyncDisposable {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #watchers: Set<() => void> = new Set();
  #stdout = "";
  #stderr = "";

  /**
   * `command` is the file that is run: that of this checkout where nothing else is said. `inside` are the words of a
   * command that runs another one, somewhere else than here.
   */
  constructor(
    words: readonly string[],
    extra: Readonly<Record<string, string>> = {},
    command = COMMAND,
    inside: readonly string[] = [],
  ) {
    const [first, ...others] = [...inside, process.execPath, command, ...words];
    this.#child = spawn(first as string, others, {
      env: environment(extra),
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdout?.on("data", (bytes: Buffer) => {
      this.#stdout += bytes.toString();
      this.#tell();
    });
    this.#child.stderr?.on("data", (bytes: Buffer) => {
      this.#stderr += bytes.toString();
      this.#tell();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#tell();
      });
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  write(text: string): void {
    this.#child.stdin?.end(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once what was said satisfies `condition`. Throws after the deadline, or at the end. */
  async until(condition: (it: Running) => boolean, what: string): Promise<void> {
    if (condition(this)) return;
    await new Promise<void>((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        settle();
      };
      const fail = (why: string): void =>
        done(() =>
          reject(new Error(`${what}: ${why}; stdout: ${this.#stdout}; stderr: ${this.#stderr}`)),
        );
      const check = (): void => {
        if (condition(this)) done(resolve);
        else if (this.#child.exitCode !== null) fail(`it ended with ${this.#child.exitCode}`);
      };
      const timer = setTimeout(() => fail(`not within ${DEADLINE} ms`), DEADLINE);
      this.#watchers.add(check);
    });
  }

  /** Gives it nothing more to read, and resolves once it has ended: by force after the deadline. */
  async toEnd(): Promise<Ended> {
    this.write("");
    const kill = setTimeout(() => this.kill("SIGKILL"), DEADLINE);
    const ended = await this.ended;
    clearTimeout(kill);
    return ended;
  }

  /** Ends it, politely where it listens, and resolves once it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), 3_000);
    await this.ended;
    clearTimeout(kill);
  }
}

/** Runs `macula` to its end. */
export async function macula(...words: readonly string[]): Promise<Ended> {
  return await new Running(words).toEnd();
}

/** A node in a process of its own, as its ready line describes it. */
export interface RunningNode {
  readonly running: Running;
  readonly id: string;
  /** The first address it can be dialled at, `<id>@host:port`; empty for a node that listens nowhere. */
  readonly address: string;
  /** Where it tells over HTTP how it is, where it does. */
  readonly health: string | undefined;
  readonly admin: string | undefined;
}

/** Starts a node by a command that stays, and resolves once it is ready. */
export async function startNode(...words: readonly string[]): Promise<RunningNode> {
  const running = new Running([...words, "--json"]);
  try {
    await running.until((it) => it.stdout.includes("\n"), `${words.join(" ")} is ready`);
    const ready = JSON.parse(running.stdout) as Omit<RunningNode, "running" | "address"> & {
      readonly addresses: readonly string[];
    };
    const { id, addresses, health, admin } = ready;
    return { running, id, address: addresses[0] ?? "", health, admin };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}
