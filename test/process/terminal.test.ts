import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startNode } from "./command.ts";

const COMMAND = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const DEADLINE = 15_000;

/** `script` (util-linux) gives a program a terminal. */
const hasTerminal = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

/** `macula` on a terminal of 100 columns and 50 rows, and somebody in front of it. */
class OnTerminal implements AsyncDisposable {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #shown = "";
  #onShown: () => void = () => {};

  constructor(...words: readonly string[]) {
    const typed = [process.execPath, COMMAND, ...words].map((word) => `'${word}'`).join(" ");
    this.#child = spawn("script", ["-qefc", `stty cols 100 rows 50; exec ${typed}`, "/dev/null"], {
      env: { ...process.env, MACULA_HEALTH: "off", MACULA_CONFIG: "off", TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (bytes: Buffer) => {
      this.#shown += bytes.toString();
      this.#onShown();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code) => resolve(code));
    });
  }

  get shown(): string {
    return this.#shown;
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  async until(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${pattern} is not shown: ${this.#shown}`)),
        DEADLINE,
      );
      this.#onShown = () => {
        if (!pattern.test(this.#shown)) return;
        clearTimeout(late);
        resolve();
      };
      this.#onShown();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.ended;
  }
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "macula-terminal-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe.runIf(hasTerminal)("on a terminal", () => {
  it("macula up draws a QR code, and ends with one Ctrl-C that its supervisor hears, too", async () => {
    await using up = new OnTerminal("up", "--listen", "127.0.0.1:0", "--home", directory);
    await up.until(/join with: macula join 'macula-join-1\/\S+'\s.*48;5;231m.*▀/s);
    up.type("\u0003");
    expect(await up.ended).toBe(0);
    expect(up.shown.match(/SIGINT: closing/g)).toHaveLength(1);
    expect(up.shown).not.toContain("node_restarted");
  });

  it("macula up draws none where that is not wanted", async () => {
    const words = ["up", "--listen", "127.0.0.1:0", "--home", directory, "--no-qr"];
    await using up = new OnTerminal(...words);
    await up.until(/join with: /);
    up.type("\u0003");
    expect(await up.ended).toBe(0);
    expect(up.shown).not.toContain("▀");
  });

  it.each(["q", "\u0003"])(
    "macula top draws the node until %j, and gives the terminal back",
    async (key) => {
      const socket = join(directory, "a.sock");
      const { running, id } = await startNode(
        "start",
        "--listen",
        "127.0.0.1:0",
        "--control",
        socket,
      );
      await using _running = running;
      await using top = new OnTerminal("top", "--control", socket);
      await top.until(new RegExp(`1049h.*${id.slice(0, 8)} {2}hybrid.*q ends`, "s"));
      top.type(key);
      expect(await top.ended).toBe(0);
      expect(top.shown.trimEnd().endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    },
  );
});
