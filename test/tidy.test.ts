import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../src/base/errors.ts";
import { LOG_ADVICE } from "../src/cli/log-advice.ts";
import { TYPE } from "../src/wire/frame.ts";

/** The layers, lowest first. A file imports its own directory and any line above its own. */
const LAYERS: readonly (readonly string[])[] = [
  ["base"],
  ["wire", "identity"],
  ["seal"],
  ["transport"],
  ["peer"],
  ["routing"],
  ["dht", "nat"],
  ["rpc", "pubsub"],
  ["node"],
  ["index.ts"],
  ["sim", "http"],
  ["cli"],
];

/** Packages and `node:` modules a directory may import; a longer path has the last word. */
const OUTSIDE: Readonly<Record<string, RegExp>> = {
  wire: /^@msgpack\/msgpack$/,
  identity: /^node:crypto$/,
  seal: /^node:crypto$/,
  "transport/quic": /^node:/,
  "transport/sockets": /^node:/,
  "transport/tls": /^node:/,
  node: /^node:/,
  http: /^(?:node:|prom-client$)/,
  "http/dashboard": /^(?:preact(?:\/hooks)?|d3-force|d3-shape)$/,
  cli: /^(?:node:|uqr$)/,
};

/** What the protocol may not touch: it has ports for all of that. `as Buffer` is for node:crypto's types. */
const WORLD =
  /\b(?:Date|setTimeout|setInterval|setImmediate|performance|process|(?<!as )Buffer|globalThis|crypto\.\w+|Math\.random|AbortSignal\.timeout)\b/;
/** What would let chance or another thread into `identity` and `seal`, which may use `node:crypto`. */
const CHANCE =
  /\b(?:randomBytes|randomInt|randomUUID|randomFill\w*|generateKey\w*|webcrypto|subtle)\b/;
/** What would let real time or chance into a simulated world. */
const REAL =
  /\b(?:Date|setTimeout|setInterval|performance|process|Math\.random|AbortSignal\.timeout)\b/;

const PROTOCOL =
  /^src\/(?:base|wire|identity|seal|transport(?!\/(?:quic|sockets|tls)\/)|peer|routing|dht|nat|rpc|pubsub)\//;
const LINES_MAX = 400;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NOT_OURS = new Set([
  ".git",
  ".profiles",
  "node_modules",
  "dist",
  "coverage",
  "target",
  "vendor",
]);

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [relative(ROOT, path).split(sep).join("/")] : [];
  });
}

const files = filesUnder(ROOT);
const sources = files.filter((file) => file.startsWith("src/") && /\.tsx?$/.test(file));
const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** The source without comments and string contents, so that words in them are not taken for code. */
function code(file: string): string {
  return text(file)
    .replace(/\/\*[\s\S]*?\*\//g, (found) => found.replace(/[^\n]/g, ""))
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""')
    .replace(/(^|\s)\/\/.*$/gm, "$1");
}

interface Import {
  readonly file: string;
  readonly target: string;
}

function importsOf(file: string): Import[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)"([^"]+)"/gm;
  return [...text(file).matchAll(pattern)].map((found) => ({ file, target: found[1] as string }));
}

const imports = sources.flatMap(importsOf);

/** `src/dht/record.ts` → `dht`; a file right under `src` is its own directory. */
const directoryOf = (file: string): string => file.split("/")[1] as string;
const layerOf = (directory: string): number =>
  LAYERS.findIndex((names) => names.includes(directory));

function resolved({ file, target }: Import): string {
  const at = new URL(target, `file:///${file}`).pathname.slice(1);
  return at.startsWith("src/") ? at : `outside/${at}`;
}

function mayImport(found: Import): boolean {
  const from = directoryOf(found.file);
  const to = directoryOf(resolved(found));
  return from === to || (layerOf(to) >= 0 && layerOf(to) < layerOf(from));
}

function mayUsePackage({ file, target }: Import): boolean {
  const place = Object.keys(OUTSIDE)
    .filter((directory) => file.startsWith(`src/${directory}/`))
    .sort((a, b) => b.length - a.length)[0];
  return place !== undefined && (OUTSIDE[place] as RegExp).test(target);
}

function linesWith(file: string, pattern: RegExp): string[] {
  return code(file)
    .split("\n")
    .flatMap((line, at) => {
      const found = pattern.exec(line);
      return found === null ? [] : [`${file}:${at + 1} ${found[0]}`];
    });
}

const shown = ({ file, target }: Import): string => `${file} imports ${target}`;

describe("the layers", () => {
  it("are all named in the list", () => {
    expect(sources.filter((file) => layerOf(directoryOf(file)) < 0)).toEqual([]);
  });

  it("import their own directory and lower ones only", () => {
    const upward = imports.filter((it) => it.target.startsWith(".") && !mayImport(it));
    expect(upward.map(shown)).toEqual([]);
  });

  it("use packages and node: modules only where the list allows", () => {
    const foreign = imports.filter((it) => !it.target.startsWith(".") && !mayUsePackage(it));
    expect(foreign.map(shown)).toEqual([]);
  });

  it("name only packages that are installed at run time", () => {
    const declared = JSON.parse(text("package.json")) as { dependencies: Record<string, string> };
    // What a browser runs is bundled with its libraries when the package is made.
    const packages = imports
      .filter(({ file }) => !file.startsWith("src/http/dashboard/"))
      .map((it) => it.target)
      .filter((it) => !/^(?:\.|node:)/.test(it));
    expect(packages.filter((it) => !(it in declared.dependencies))).toEqual([]);
  });
});

describe("the protocol", () => {
  const protocol = sources.filter((file) => PROTOCOL.test(file));

  it("touches no clock, chance, timer or process", () => {
    expect(protocol.length).toBeGreaterThan(0);
    expect(protocol.flatMap((file) => linesWith(file, WORLD))).toEqual([]);
  });

  it("makes keys from seeds it is given", () => {
    const crypto = protocol.filter((file) => /^src\/(?:identity|seal)\//.test(file));
    expect(crypto.flatMap((file) => linesWith(file, CHANCE))).toEqual([]);
  });
});

describe("the simulator", () => {
  it("knows neither real time nor real chance", () => {
    const sim = sources.filter((file) => file.startsWith("src/sim/"));
    expect(sim.flatMap((file) => linesWith(file, REAL))).toEqual([]);
  });
});

describe("every file", () => {
  it(`of src has at most ${LINES_MAX} lines`, () => {
    const long = sources.filter((file) => text(file).split("\n").length - 1 > LINES_MAX);
    expect(long).toEqual([]);
  });

  it("of src and test is switched off for no line without a reason", () => {
    const typescript = files.filter((file) =>
      /^(?:src|test|bench|lab|scripts)\/.*\.(?:tsx?|mjs)$/.test(file),
    );
    const bare =
      /biome-ignore(?![^\n]*: \S+)|@ts-(?:ignore|nocheck)|\b(?:it|test|describe)\.(?:skip|only|todo)\b/;
    const here = "test/tidy.test.ts";
    expect(typescript.filter((file) => file !== here && bare.test(text(file)))).toEqual([]);
  });

  it("is free of the paths and hosts of the machine it was written on", () => {
    const folders = ["work", "root", "home"].map((name) => `/${name}/[\\w.-]`).join("|");
    const hosts =
      "(?:https?:)?//[^\\s\"'/]*(?:registry|artifactory|nexus|mirror)[^\\s\"'/]*\\.[a-z]";
    const leak = new RegExp(`(?<![\\w.~-])(?:${folders})|${hosts}`);
    const found = files.flatMap((file) => {
      const hit = leak.exec(readFileSync(join(ROOT, file), "latin1"));
      return hit === null ? [] : [`${file}: ${hit[0]}`];
    });
    expect(found).toEqual([]);
  });
});

describe("what is installed with the package", () => {
  const { packages } = JSON.parse(text("package-lock.json")) as {
    packages: Record<string, { dev?: boolean; hasInstallScript?: boolean; cpu?: string[] }>;
  };
  const installed = Object.entries(packages).filter(([path, it]) => path !== "" && !it.dev);

  it("is few packages, none of them native or with an install script", () => {
    expect(installed.length).toBeLessThanOrEqual(10);
    expect(installed.filter(([, it]) => it.hasInstallScript || it.cpu !== undefined)).toEqual([]);
  });
});

describe("the numbers on the wire", () => {
  const repeated = (numbers: readonly number[]): number[] =>
    numbers.filter((number, at) => numbers.indexOf(number) !== at);

  it("stand for one error code each", () => {
    expect(repeated(Object.values(ERROR_CODES).map((kind) => kind.wire))).toEqual([]);
  });

  it("stand for one type of message each, and fit into a byte", () => {
    expect(repeated(Object.values(TYPE))).toEqual([]);
    expect(Object.values(TYPE).filter((number) => number < 1 || number > 255)).toEqual([]);
  });

  it("stand in docs/protocol.md with their names", () => {
    const protocol = text("docs/protocol.md");
    const hex = (number: number): string => `0x${number.toString(16).padStart(2, "0")}`;
    const codes = Object.entries(ERROR_CODES).map(([code, { wire, retry }]) => {
      return `| \`${hex(wire)}\` | \`${code}\` | ${retry ? "yes" : "no"} |`;
    });
    const types = Object.entries(TYPE).map(([name, number]) => {
      return `| \`${hex(number)}\` | ${name.replace(/[A-Z]/g, (it) => `_${it.toLowerCase()}`)} |`;
    });
    expect([...codes, ...types].filter((row) => !protocol.includes(row))).toEqual([]);
  });
});

describe("docs/operations.md", () => {
  const operations = text("docs/operations.md");
  const named = (pattern: RegExp, from: string): Set<string> =>
    new Set([...from.matchAll(pattern)].map(([, name]) => name as string));

  it("tells of every bound that the status shows, and of no other", () => {
    const shown = named(/^ {4}(\w+): (?:\{ used|registry\.cached)/gm, text("src/node/status.ts"));
    expect(shown.size).toBeGreaterThan(10);
    expect(named(/`bounds\.(\w+)`/g, operations)).toEqual(shown);
  });

  it("tells of every event of the log, of no other, and with the same advice as its line", () => {
    const core = sources
      .filter((file) => !/^src\/(?:cli\/(?!supervise\/)|sim)\//.test(file))
      .map(text);
    const written = core.flatMap((of) => [
      ...[...of.matchAll(/\.write\(\s*([^,()]+),\s*"(\w+)"/g)].map((it) => it.slice(1, 3)),
      ...[...of.matchAll(/#upkeepFailed\("(\w+)"/g)].map(([, name]) => ['"warn"', name]),
    ]) as [string, string][];
    expect(written.length).toBeGreaterThan(15);
    const logs = operations.slice(operations.indexOf("## Logs"), operations.indexOf("## Bounds"));
    const rows = new Map(
      [...logs.matchAll(/^\| `(\w+)` \|.*\| ([^|]*?) ?\|$/gm)].map((it) => [it[1], it[2]]),
    );
    const events = [...new Set(written.map(([, name]) => name))].sort();
    expect([...rows.keys()].sort()).toEqual(events);
    const wrong = written
      .filter(([level]) => /"(?:warn|error)"/.test(level))
      .map(([, name]) => name);
    const advice = Object.fromEntries(wrong.map((name) => [name, rows.get(name)]));
    expect(LOG_ADVICE).toEqual(advice);
  });

  it("tells of every counter", () => {
    const calls = sources.flatMap((file) => text(file).match(/\.count\([^;]*;/g) ?? []);
    const counters = named(/(?<!=== )"([a-z]+(?:_[a-z]+)*)"/g, calls.join("\n"));
    expect(counters.size).toBeGreaterThan(30);
    expect([...counters].filter((name) => !operations.includes(`\`${name}\``))).toEqual([]);
  });
});
