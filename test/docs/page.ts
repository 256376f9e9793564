import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The project's directory. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** What a page says, in a comment above a block, of how the block is tested. */
export const RULES = [
  "run",
  "run in a clone",
  "shell",
  "file",
  "output",
  "types",
  "not run",
  "figure",
  "part of",
  "stop",
] as const;

/** One step of a page: a block of code with its rule, or a shell that is stopped. */
export interface Step {
  /** Of the page, counted from 1. */
  readonly line: number;
  /** What stands behind the fence; empty where nothing does. */
  readonly language: string;
  readonly text: string;
  /** `undefined` where the page says none: the language has to say enough. */
  readonly rule: (typeof RULES)[number] | undefined;
  /** What stands behind the rule's colon. */
  readonly detail: string;
}

export interface Page {
  /** From the project's directory. */
  readonly path: string;
  readonly text: string;
  /** Made from the code, and compared with it by `npm run check:api`. */
  readonly isGenerated: boolean;
  readonly steps: readonly Step[];
}

const RULE = new RegExp(`^<!-- (${RULES.join("|")})(?:: (.*))? -->$`);
const FENCE = /^(`{3,})(\w*)$/;

/** Files under version control, and those that may come to be. */
export function filesOf(...patterns: readonly string[]): string[] {
  const words = ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns];
  const names = execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
  // While branches are joined, a file in conflict is listed once for each of its versions.
  return [...new Set(names)];
}

export function readPage(path: string): Page {
  const text = readFileSync(`${ROOT}${path}`, "utf8");
  return { path, text, isGenerated: text.startsWith("<!-- generated:"), steps: stepsOf(text) };
}

/** The pages whose blocks are tested. */
export const PAGES: readonly Page[] = filesOf("README.md", "docs/*.md").map(readPage);

/** Reads the blocks of a page in their order. Throws where a fence is not closed. */
export function stepsOf(text: string): Step[] {
  const lines = text.split("\n");
  const steps: Step[] = [];
  let said: RegExpExecArray | null = null;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const end = lines.indexOf(fence[1] as string, at + 1);
      if (end < 0) throw new Error(`the block of line ${at + 1} has no end`);
      const code = lines.slice(at + 1, end).join("\n");
      steps.push(stepOf(at + 1, fence[2] as string, code, said));
      at = end;
      said = null;
      continue;
    }
    said = RULE.exec(line);
    if (said?.[1] !== "stop") continue;
    steps.push(stepOf(at + 1, "", "", said));
    said = null;
  }
  return steps;
}

function stepOf(line: number, language: string, text: string, said: RegExpExecArray | null): Step {
  const rule = said?.[1] as Step["rule"];
  return { line, language, text, rule, detail: said?.[2] ?? "" };
}

/** The text of a page without its blocks of code. */
export const proseOf = (page: Page): string =>
  page.text.replaceAll(/^(`{3,})\w*\n[\s\S]*?^\1$/gm, "");
