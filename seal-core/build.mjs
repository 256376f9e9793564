// Builds src/seal/aead-core.ts, a WebAssembly module of some kilobytes as text, from lib.rs beside this file.
//
//   node seal-core/build.mjs           build and write
//   node seal-core/build.mjs --check   build and compare with what is committed
//
// Needs rustc with the standard library of wasm32-unknown-unknown; RUSTC chooses among several. Other versions of
// rustc than the one named in the file make other bytes. Exit codes: 0 fine, 1 failed or different.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = join(ROOT, "src", "seal", "aead-core.ts");
const RUSTC = process.env.RUSTC ?? "rustc";

const FLAGS = [
  "--edition=2024",
  "--crate-name=seal_core",
  "--crate-type=cdylib",
  "--target=wasm32-unknown-unknown",
  "-Copt-level=3",
  "-Clto=fat",
  "-Ccodegen-units=1",
  "-Cpanic=abort",
  "-Cstrip=symbols",
  "-Ctarget-feature=+simd128,+bulk-memory",
  "-Clink-arg=-zstack-size=16384",
  `--remap-path-prefix=${ROOT}=`,
];

function run(args) {
  const done = spawnSync(RUSTC, args, { cwd: ROOT, encoding: "utf8" });
  if (done.error || done.status !== 0) throw new Error(done.error?.message ?? done.stderr);
  return done.stdout.trim();
}

function compile() {
  const folder = mkdtempSync(join(tmpdir(), "seal-core-"));
  try {
    const artifact = join(folder, "seal_core.wasm");
    run([...FLAGS, join("seal-core", "lib.rs"), "-o", artifact]);
    return readFileSync(artifact);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sourceOf(artifact) {
  return `/** ChaCha20-Poly1305 as WebAssembly in Base64 for URLs: made of seal-core/ by seal-core/build.mjs with ${run(["--version"])}. */
export const AEAD_CORE: string =
  "${artifact.toString("base64url")}";
`;
}

try {
  const source = sourceOf(compile());
  if (!process.argv.includes("--check")) writeFileSync(OUTPUT, source);
  else if (readFileSync(OUTPUT, "utf8") !== source) throw new Error("what is committed differs");
} catch (error) {
  process.stderr.write(`seal-core: ${error.message}\n`);
  process.exitCode = 1;
}
