import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Running } from "./command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HANDLERS = join(ROOT, "deploy/compose/handlers/calculator.mjs");

/**
 * Time of this machine that a user's first four commands may take together, in milliseconds: from the first one typed to the
 * answer of the last. Packing and installing are not counted.
 */
const MOST = 10_000;

/** As nobody has set anything, but for a port that may be taken. */
const AS_SHIPPED = { MACULA_SUPERVISE: "", MACULA_CONFIG: "" };

/** What a command that stays has printed once it is ready. */
async function ready(running: Running): Promise<{ id: string; join: string }> {
  await running.until((it) => it.stdout.includes("\n"), "it is ready");
  return JSON.parse(running.stdout) as { id: string; join: string };
}

/** Runs npm, and tells what it has printed on stdout. */
function npm(cwd: string, ...words: readonly string[]): string {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

describe("the package, installed from its tarball into an empty folder", () => {
  let folder: string;
  let command: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "macula-packed-"));
    const [packed] = JSON.parse(npm(ROOT, "pack", "--json", "--pack-destination", folder)) as [
      { filename: string },
    ];
    const tarball = join(folder, packed.filename);
    // A folder above it may hold a package of its own.
    const here = ["--prefix", folder];
    npm(folder, "install", ...here, "--ignore-scripts", "--prefer-offline", "--no-audit", tarball);
    command = join(folder, "node_modules/macula-mesh/dist/cli/main.js");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("brings three packages with it, and nothing that runs while it is installed", () => {
    const { dependencies } = JSON.parse(
      npm(folder, "ls", "--prefix", folder, "--all", "--json"),
    ) as {
      dependencies: Record<string, { dependencies?: Record<string, unknown> }>;
    };
    expect(Object.keys(dependencies)).toEqual(["macula-mesh"]);
    const own = dependencies["macula-mesh"]?.dependencies ?? {};
    expect(Object.keys(own)).toEqual(["@msgpack/msgpack", "prom-client", "uqr"]);
  });

  it("has the dashboard in it, whole, and the licences of what it is made with", () => {
    const page = join(folder, "node_modules/macula-mesh/dist/http/dashboard");
    const read = (name: string): string => readFileSync(join(page, name), "utf8");
    expect(readdirSync(page).sort()).toEqual(
      ["LICENSES.txt", "icon.svg", "index.html", "main.js", "style.css"].sort(),
    );
    expect(read("main.js")).not.toMatch(/^\s*import\b|\bimport\(|sourceMappingURL/m);
    for (const name of ["preact", "d3-force", "d3-shape", "d3-timer"]) {
      expect(read("LICENSES.txt")).toMatch(new RegExp(`^${name} \\d`, "m"));
    }
  });

  it("completes a call in four shells on two machines, each with nothing but its home", async () => {
    const startedAt = performance.now();
    const shell = (machine: string, ...words: readonly string[]) =>
      new Running([...words, "--json"], { ...AS_SHIPPED, HOME: join(folder, machine) }, command);
    await using first = shell("server", "up", "--listen", "127.0.0.1:0");
    const { id, join: word } = await ready(first);
    expect(word).toMatch(/^macula-join-1\/mesh\.[0-9a-f]{24}\/[0-9a-f]{64}@127\.0\.0\.1:\d+\//);
    await using second = shell("laptop", "join", word);
    expect((await ready(second)).id).not.toBe(id);
    await using third = shell("laptop", "serve", HANDLERS);
    expect(await ready(third)).toMatchObject({
      procedures: ["calculator.add", "calculator.multiply"],
    });
    await using fourth = shell("server", "call", "calculator.add", '{"a": 2, "b": 3}');
    const { code, stdout, stderr } = await fourth.ended;
    const took = performance.now() - startedAt;

    expect([code, JSON.parse(stdout), stderr]).toMatchObject([0, { ok: true, result: 5 }, ""]);
    expect(took).toBeLessThan(MOST);
    const home = (machine: string, file: string) => join(folder, machine, ".macula", file);
    const secrets = [home("server", "up/node.key"), home("server", "mesh"), home("laptop", "mesh")];
    expect(secrets.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  });
});
