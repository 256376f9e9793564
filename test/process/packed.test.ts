import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Running } from "./command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HANDLERS = join(ROOT, "deploy/compose/handlers/calculator.mjs");

/** Time of this machine that a user's first four commands may take together, in milliseconds. */
const MOST = 10_000;

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

  it("brings two packages with it, and nothing that runs while it is installed", () => {
    const { dependencies } = JSON.parse(
      npm(folder, "ls", "--prefix", folder, "--all", "--json"),
    ) as {
      dependencies: Record<string, { dependencies?: Record<string, unknown> }>;
    };
    expect(Object.keys(dependencies)).toEqual(["macula-mesh"]);
    const own = dependencies["macula-mesh"]?.dependencies ?? {};
    expect(Object.keys(own)).toEqual(["@msgpack/msgpack", "prom-client"]);
  });

  it("starts a mesh, offers procedures and calls one in a few seconds", async () => {
    const startedAt = performance.now();
    const run = (...words: readonly string[]) => new Running([...words, "--json"], {}, command);
    await using entrance = run("start", "--listen", "127.0.0.1:0", "--identity", `${folder}/a.key`);
    await entrance.until((it) => it.stdout.includes("\n"), "the entrance is ready");
    const [address] = (JSON.parse(entrance.stdout) as { addresses: string[] }).addresses;
    const joined = ["--bootstrap", address ?? ""];
    await using provider = run("serve", HANDLERS, ...joined);
    await provider.until((it) => it.stdout.includes("\n"), "the provider is ready");
    await using caller = run("call", "calculator.add", '{"a":2,"b":3}', ...joined);
    const { code, stdout } = await caller.ended;
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, result: 5 }]);
    expect(performance.now() - startedAt).toBeLessThan(MOST);
  });
});
