import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "../process/free-port.ts";
import { ROOT } from "./page.ts";
import { installInto } from "./typed.ts";

/** Milliseconds that a command of a page may take, or a shell until it says that it is ready. */
const DEADLINE = 30_000;

/** Addresses as pages write them; all of them are this machine where a page is tested. */
const PLACE = /\b(?:0\.0\.0\.0|127\.0\.0\.1|192\.0\.2\.\d+|localhost|[\w.-]+\.example\.com):(\d+)/g;

/** What a page can't know, and where it is read from what its shells have said. */
const TOLD: readonly { readonly written: string; readonly said: RegExp }[] = [
  { written: "<node id>", said: /([0-9a-f]{64})@/ },
  { written: "macula-join-1/…", said: /(macula-join-1\/[^\s']+)/ },
];

/** A directory of the system, as pages write it. */
const VAR = "/var/lib/macula";

/** The procedures of a reader, where a page names some and does not say what is in them. */
const HANDLERS = join(ROOT, "deploy/compose/handlers/calculator.mjs");

/** A process of a page, and what it has said so far. */
interface Shell {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly watchers: Set<() => void>;
  out: string;
  said: string;
}

/** Where one page is tried out: a folder of its own, free ports for those it names, and the shells it asks for. */
export class Stage implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "macula-docs-"));
  readonly #ports = new Map<string, number>();
  readonly #shells = new Map<string, Shell>();
  /** What all shells have printed, those that are stopped too, in the order in which they were opened. */
  readonly #opened: Shell[] = [];

  constructor() {
    installInto(this.folder);
    mkdirSync(join(this.folder, "var"), { mode: 0o700 });
    copyFileSync(HANDLERS, join(this.folder, "handlers.mjs"));
  }

  /** The text with this machine's addresses, ports and folders instead of those of the page. */
  async here(text: string): Promise<string> {
    for (const [, port] of text.matchAll(PLACE)) {
      if (port !== undefined && port !== "0" && !this.#ports.has(port))
        this.#ports.set(port, await freePort());
    }
    const here = text
      .replaceAll(PLACE, (_, port) => `127.0.0.1:${port === "0" ? 0 : this.#ports.get(port)}`)
      .replaceAll(VAR, join(this.folder, "var"));
    // Last, for addresses that were said are those of this machine already.
    return this.#filled(here);
  }

  /** The text with what shells have said in place of the words that stand for it. */
  #filled(text: string): string {
    return TOLD.reduce((rest, { written, said }) => {
      const [value] = this.#opened.flatMap(({ out }) => said.exec(out)?.[1] ?? []);
      return value === undefined ? rest : rest.replaceAll(written, value);
    }, text);
  }

  async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${await this.here(text)}\n`);
  }

  /** Runs commands to their end, and tells what they printed. Throws where one fails. */
  async run(text: string, folder: string = this.folder): Promise<string> {
    const shell = this.#spawn(await this.here(text), folder);
    const timer = setTimeout(() => signal(shell, "SIGKILL"), DEADLINE);
    const code = await shell.ended;
    clearTimeout(timer);
    if (code !== 0) throw new Error(`ended with ${code}: ${shell.said}`);
    return shell.out;
  }

  /** Starts what stays, in a shell of that name. Resolves when it has said that it is ready. */
  async open(name: string, text: string): Promise<void> {
    const shell = this.#spawn(await this.here(text));
    this.#shells.set(name, shell);
    this.#opened.push(shell);
    await until(shell, () => /ready/.test(shell.out), "say that it is ready");
  }

  /** Resolves when what a shell has printed fits. */
  async hears(name: string, fits: (text: string) => boolean): Promise<void> {
    const shell = this.#shells.get(name);
    if (shell === undefined) throw new Error(`there is no shell "${name}"`);
    await until(shell, () => fits(shell.out), "print what stands there");
  }

  /** Ends a shell as Ctrl-C does. Throws where it does not end by that. */
  async stop(name: string): Promise<void> {
    const shell = this.#shells.get(name);
    if (shell === undefined) throw new Error(`there is no shell "${name}"`);
    this.#shells.delete(name);
    const timer = setTimeout(() => signal(shell, "SIGKILL"), DEADLINE);
    signal(shell, "SIGINT");
    await shell.ended;
    clearTimeout(timer);
    if (shell.child.signalCode === "SIGKILL") throw new Error(`"${name}" does not end by Ctrl-C`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await Promise.all([...this.#shells.keys()].map((name) => this.stop(name)));
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  #spawn(text: string, folder: string = this.folder): Shell {
    const child = spawn("bash", ["-euo", "pipefail", "-c", text], {
      cwd: folder,
      env: this.#environment(),
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const shell: Shell = { child, ended, watchers: new Set(), out: "", said: "" };
    const hear = (isOut: boolean) => (bytes: Buffer) => {
      shell.said += bytes.toString();
      if (isOut) shell.out += bytes.toString();
      for (const watcher of [...shell.watchers]) watcher();
    };
    child.stdout.on("data", hear(true));
    child.stderr.on("data", hear(false));
    return shell;
  }

  /** Nothing of the tester's own settings, and no health page where the page does not ask for one. */
  #environment(): NodeJS.ProcessEnv {
    const clean = Object.entries(process.env).filter(([name]) => !/^(?:MACULA|VITEST)/.test(name));
    return {
      ...Object.fromEntries(clean),
      HOME: this.folder,
      PATH: `${join(this.folder, "node_modules/.bin")}:${process.env.PATH}`,
      NO_COLOR: "1",
      MACULA_HEALTH: "off",
      npm_config_offline: "true",
      npm_config_update_notifier: "false",
    };
  }
}

/** To all processes of a shell, as a terminal does it. */
function signal({ child }: Shell, name: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid as number), name);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function until(shell: Shell, holds: () => boolean, what: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      shell.watchers.delete(check);
      settle();
    };
    const fail = (why: string): void =>
      done(() => reject(new Error(`it should ${what}: ${why}; it said: ${shell.said}`)));
    const check = (): void => {
      if (holds()) done(resolve);
    };
    const timer = setTimeout(() => fail(`not within ${DEADLINE} ms`), DEADLINE);
    shell.watchers.add(check);
    void shell.ended.then((code) => fail(`it ended with ${code}`));
    check();
  });
}
