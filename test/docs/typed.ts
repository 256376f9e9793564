import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { type Page, ROOT, type Step } from "./page.ts";

/** Packages that a program on a page may import. */
const PACKAGES = ["vitest", "zod", "@types"];

/** Gives a folder the packages that a reader has installed. */
export function installInto(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  symlinkSync(ROOT, join(modules, "macula-mesh"));
  for (const name of PACKAGES) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  symlinkSync(join(ROOT, "dist/cli/main.js"), join(modules, ".bin/macula"));
  symlinkSync(join(ROOT, "node_modules/vitest/vitest.mjs"), join(modules, ".bin/vitest"));
}

const EXTENSIONS: Readonly<Record<string, string>> = { ts: ".mts", js: ".mjs" };

/** Whether a step is a program, a file of one, or a part of one. */
const isTyped = ({ language, rule }: Step): boolean => language in EXTENSIONS && rule !== "not run";

/** The name that a program has beside the others of its page. */
export function fileOf({ rule, detail, line, language }: Step): string {
  return rule === "file" ? detail : `line-${line}${EXTENSIONS[language]}`;
}

const SETTINGS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
};

/** Plain JavaScript names no types, so what it leaves open is no fault of it. */
const UNTYPED: ts.CompilerOptions = {
  allowJs: true,
  checkJs: true,
  noImplicitAny: false,
  useUnknownInCatchVariables: false,
};

/** What the compiler says of the programs of all pages, and the JavaScript of those in TypeScript. */
export interface Compiled {
  readonly faults: readonly string[];
  /** By page and line. */
  readonly programs: ReadonlyMap<string, string>;
}

/** Types all programs of the pages against the package as it was built. */
export function compile(pages: readonly Page[]): Compiled {
  const folder = mkdtempSync(join(tmpdir(), "macula-docs-types-"));
  try {
    installInto(folder);
    const places = new Map<string, { readonly page: Page; readonly step: Step }>();
    pages.forEach((page, at) => {
      for (const step of page.steps.filter(isTyped)) {
        const path = join(folder, String(at), fileOf(step));
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `${step.rule === "types" ? step.detail : ""}${step.text}\n`);
        places.set(path, { page, step });
      }
    });
    const files = [...places.keys()];
    const faults: string[] = [];
    const programs = new Map<string, string>();
    for (const language of Object.keys(EXTENSIONS)) {
      const own = files.filter((path) => places.get(path)?.step.language === language);
      const settings = language === "ts" ? SETTINGS : { ...SETTINGS, ...UNTYPED, noEmit: true };
      const program = ts.createProgram(own, { ...settings, rootDir: folder });
      for (const fault of ts.getPreEmitDiagnostics(program)) {
        const place = places.get(fault.file?.fileName ?? "");
        const said = ts.flattenDiagnosticMessageText(fault.messageText, "\n");
        faults.push(`${place?.page.path}, block of line ${place?.step.line}: ${said}`);
      }
      program.emit(undefined, (_name, text, _mark, _fail, sources) => {
        const place = places.get(sources?.[0]?.fileName ?? "");
        if (place !== undefined) programs.set(`${place.page.path}:${place.step.line}`, text);
      });
    }
    return { faults, programs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
