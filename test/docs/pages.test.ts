import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadCommands } from "../../src/cli/commands.ts";
import { checkCommand, checkMention, commandsOf } from "./command-lines.ts";
import { PAGES, type Page, proseOf, ROOT, type Step } from "./page.ts";
import { Stage } from "./stage.ts";
import { type Compiled, compile, fileOf } from "./typed.ts";

const pages = PAGES.filter((page) => !page.isGenerated);

/** Rules that a block of a language may have; where the list begins with `undefined`, it needs none. */
const ALLOWED: Readonly<Record<string, readonly Step["rule"][]>> = {
  ts: [undefined, "file", "types", "not run"],
  js: [undefined, "file", "types", "not run"],
  sh: ["run", "run in a clone", "shell", "not run"],
  json: [undefined, "file", "output", "part of"],
  yaml: [undefined, "file", "part of", "not run"],
  text: ["file", "output", "figure"],
  "": ["output", "figure"],
};

/** Rules that say nothing without what follows their colon. */
const DETAILED: readonly Step["rule"][] = ["shell", "file", "types", "not run", "part of", "stop"];

const hasRule = ({ language, rule, detail }: Step): boolean =>
  rule === "stop"
    ? detail !== ""
    : (ALLOWED[language] ?? []).includes(rule) && (!DETAILED.includes(rule) || detail !== "");

const where = (page: Page, { line }: Step): string => `${page.path}, block of line ${line}`;

/** Output as it is compared: what differs from run to run is left out where the page says so. */
function comparable(text: string, detail: string): string {
  const calm = text.trim().replaceAll(/[ \t]+/g, " ");
  if (!detail.includes("figures differ")) return calm;
  return calm
    .replaceAll(/\b[0-9a-f]{8,}\b/g, "ID")
    .replaceAll(/\d[\d,.]*/g, "N")
    .replaceAll(/▇+/g, "▇");
}

/** Whether an output is the expected one, in which `…` stands for whatever is there. */
function fits(expected: string, detail: string): (found: string) => boolean {
  const parts = comparable(expected, detail).split("…");
  const pattern = parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const whole = new RegExp(pattern.join("[\\s\\S]*?"));
  return (found) => whole.test(comparable(found, detail));
}

/** Programs that pages run and that a machine may lack. Where tests may not be left out, it fails. */
const TOOLS = ["curl"];

/** The name of a program that a page needs and this machine lacks. */
function missingTool({ steps }: Page): string | undefined {
  if (process.env.MACULA_DOCS === "required") return undefined;
  const commands = steps.flatMap(({ rule, text }) => (rule === "run" ? commandsOf(text) : []));
  return TOOLS.find(
    (tool) =>
      commands.some(([first]) => first === tool) &&
      spawnSync(tool, ["--version"]).error !== undefined,
  );
}

/** What a page's steps do when a reader follows them. */
class Reader {
  readonly #page: Page;
  readonly #stage: Stage;
  readonly #programs: ReadonlyMap<string, string>;
  /** What the last program or command that ended has printed. */
  #printed = "";

  constructor(page: Page, stage: Stage, { programs }: Compiled) {
    this.#page = page;
    this.#stage = stage;
    this.#programs = programs;
  }

  async follow(step: Step): Promise<void> {
    const { rule, detail, text } = step;
    if (rule === "file") return await this.#stage.write(detail, text);
    if (rule === "shell") return await this.#stage.open(detail, text);
    if (rule === "stop") return await this.#stage.stop(detail);
    if (rule === "run") this.#printed = await this.#stage.run(text);
    if (rule === "run in a clone") this.#printed = await this.#stage.run(text, ROOT);
    if (rule === "output") return await this.#compare(step);
    if (rule === "part of") return this.#isPart(step);
    if (rule === undefined) await this.#bare(step);
  }

  async #compare({ text: shown, detail }: Step): Promise<void> {
    const text = await this.#stage.here(shown);
    const [name = ""] = detail.split(", ").filter((part) => part !== "figures differ");
    if (name !== "") return await this.#stage.hears(name, fits(text, detail));
    const isRight = fits(text, detail)(this.#printed);
    // What was printed stands in the failure, beside what should have been.
    if (!isRight) expect(this.#printed).toBe(text);
  }

  #isPart({ text, detail }: Step): void {
    expect(readFileSync(`${ROOT}${detail}`, "utf8")).toContain(text);
  }

  async #bare(step: Step): Promise<void> {
    if (step.language === "json") JSON.parse(step.text);
    if (step.language === "yaml") parse(step.text);
    if (step.language !== "ts" && step.language !== "js") return;
    const name = fileOf(step).replace(/\.mts$/, ".mjs");
    const compiled = this.#programs.get(`${this.#page.path}:${step.line}`);
    await this.#stage.write(name, compiled ?? step.text);
    this.#printed = await this.#stage.run(`node ${name}`);
  }
}

describe("every block of code", () => {
  it("of the README and of docs/ has a rule that says how it is tested", () => {
    const without = pages.flatMap((page) =>
      page.steps.filter((step) => !hasRule(step)).map((step) => where(page, step)),
    );
    expect(without).toEqual([]);
  });

  it("names commands, flags and scripts that there are, run or not", async () => {
    const faults: string[] = [];
    for (const page of pages) {
      for (const step of page.steps.filter(({ language }) => language === "sh")) {
        for (const words of commandsOf(step.text)) {
          await checkCommand(words).catch((error: Error) =>
            faults.push(`${where(page, step)}: ${words.join(" ")}: ${error.message}`),
          );
        }
      }
    }
    expect(faults).toEqual([]);
  });
});

it("examples in the help of the command are commands and flags that there are", async () => {
  const lines = (await loadCommands()).flatMap(({ examples }) => examples.map(({ line }) => line));
  expect(lines.length).toBeGreaterThan(20);
  for (const words of lines.flatMap(commandsOf)) await checkCommand(words);
});

it("commands in the middle of a text have the flags they are shown with", async () => {
  const faults: string[] = [];
  for (const page of pages) {
    for (const [, code] of proseOf(page).matchAll(/`((?:macula|npm run) [^`\\]*)`/g)) {
      await checkMention(code as string).catch((error: Error) =>
        faults.push(`${page.path}: ${code}: ${error.message}`),
      );
    }
  }
  expect(faults).toEqual([]);
});

describe("the programs of the pages", () => {
  let compiled: Compiled;
  beforeAll(() => {
    compiled = compile(pages);
  });

  it("fit the types of the package", () => {
    expect(compiled.faults).toEqual([]);
  });

  const played = pages.filter(({ steps }) => steps.some(({ rule }) => rule !== "not run"));
  it.concurrent.for(played)("$path does what it says, step by step", async (page, context) => {
    const tool = missingTool(page);
    context.skip(tool !== undefined, `it needs ${tool}: apt-get install ${tool}`);
    await using stage = new Stage();
    const reader = new Reader(page, stage, compiled);
    for (const step of page.steps) {
      await reader.follow(step).catch((error: Error) => {
        error.message = `${where(page, step)}: ${error.message}`;
        throw error;
      });
    }
  });
});
