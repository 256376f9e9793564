// Builds src/transport/quic/quic-core.wasm from the Rust crate beside this file.
//
//   node quic-core/build.mjs           build, write artifact, checksum and licences
//   node quic-core/build.mjs --check   build elsewhere and compare with the committed checksum
//
// Needs rustc and cargo with the standard library of wasm32-unknown-unknown, clang and lld. RUSTC, CARGO,
// CC and AR choose among several. Exit codes: 0 fine, 1 failed or different, 3 no toolchain.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TARGET = "wasm32-unknown-unknown";
const CRATE = dirname(fileURLToPath(import.meta.url));
const OUT = join(CRATE, "..", "src", "transport", "quic");
const ARTIFACT = join(OUT, "quic-core.wasm");
const CHECKSUM = join(OUT, "quic-core.wasm.sha256");
const LICENCES = join(CRATE, "THIRD-PARTY-LICENSES");
const NO_TOOLCHAIN = 3;

class MissingToolchain extends Error {}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, ...options });
  if (done.error || done.status !== 0) {
    throw new Error(`${command} ${args[0]}: ${done.error?.message ?? done.stderr}`);
  }
  return done.stdout?.trim() ?? "";
}

function attempt(command, args) {
  try {
    return run(command, args);
  } catch {
    return undefined;
  }
}

/** The first of the candidates that runs. */
function firstThatRuns(candidates, args) {
  return candidates.find((it) => it !== undefined && attempt(it, args) !== undefined);
}

const versioned = (name) => [
  name,
  ...[22, 21, 20, 19, 18, 17, 16, 15].map((it) => `${name}-${it}`),
];

function findToolchain() {
  const rustcs = [process.env.RUSTC, "rustc", "/usr/bin/rustc"].filter(Boolean);
  const rustc = rustcs.find((it) => {
    const libraries = attempt(it, ["--print", "target-libdir", "--target", TARGET]);
    return libraries !== undefined && existsSync(libraries);
  });
  if (rustc === undefined) {
    throw new MissingToolchain(
      `no rustc with the standard library of ${TARGET} (try: rustup target add ${TARGET})`,
    );
  }
  const sysroot = run(rustc, ["--print", "sysroot"]);
  const beside = join(dirname(rustc), "cargo");
  const cargo = firstThatRuns([process.env.CARGO, existsSync(beside) ? beside : "cargo"], ["-V"]);
  if (cargo === undefined) throw new MissingToolchain("no cargo");
  const clang = firstThatRuns([process.env.CC, ...versioned("clang")], ["--version"]);
  if (clang === undefined) throw new MissingToolchain("no clang");
  const archiver = firstThatRuns([process.env.AR, ...versioned("llvm-ar"), "ar"], ["--version"]);
  if (archiver === undefined) throw new MissingToolchain("no llvm-ar or ar");
  return { rustc, cargo, clang, archiver, sysroot, linker: findLinker(sysroot) };
}

/** The linker that comes with rustc, else that of LLVM. */
function findLinker(sysroot) {
  const rustlib = join(sysroot, "lib", "rustlib");
  const own = readdirSync(rustlib).some((it) => existsSync(join(rustlib, it, "bin", "rust-lld")));
  if (own) return undefined;
  const linker = firstThatRuns(versioned("wasm-ld"), ["--version"]);
  if (linker === undefined) throw new MissingToolchain("no lld");
  return linker;
}

/** No path of the machine may get into the artifact. */
function remappings(sysroot) {
  const home = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const pairs = [
    [CRATE, "quic-core"],
    [sysroot, "rust"],
  ];
  const registry = join(home, "registry", "src");
  if (existsSync(registry)) {
    for (const index of readdirSync(registry)) pairs.push([join(registry, index), "crates"]);
  }
  return pairs;
}

function compile(toolchain, targetDirectory) {
  const { rustc, cargo, clang, archiver, sysroot, linker } = toolchain;
  run(cargo, ["fetch", "--locked", "--target", TARGET], { cwd: CRATE });
  const pairs = remappings(sysroot);
  const rustFlags = [
    "-Ctarget-feature=+simd128,+bulk-memory",
    ...(linker === undefined ? [] : [`-Clinker=${linker}`]),
    ...pairs.map(([from, to]) => `--remap-path-prefix=${from}=${to}`),
  ];
  const cFlags = [
    "-O3 -g0 -msimd128 -mbulk-memory",
    ...pairs.map(([from, to]) => `-ffile-prefix-map=${from}=${to}`),
  ];
  run(cargo, ["build", "--release", "--locked", "--target", TARGET], {
    cwd: CRATE,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      RUSTC: rustc,
      CARGO_TARGET_DIR: targetDirectory,
      CARGO_ENCODED_RUSTFLAGS: rustFlags.join("\x1f"),
      CC_wasm32_unknown_unknown: clang,
      AR_wasm32_unknown_unknown: archiver,
      CFLAGS_wasm32_unknown_unknown: cFlags.join(" "),
    },
  });
  return readFileSync(join(targetDirectory, TARGET, "release", "quic_core.wasm"));
}

const LICENCE_FILE = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;

/** Every crate that is linked in, with its licence texts; a text that repeats stands once. */
function licences({ cargo }) {
  const { packages, resolve } = JSON.parse(
    run(cargo, ["metadata", "--format-version=1", "--locked", `--filter-platform=${TARGET}`], {
      cwd: CRATE,
    }),
  );
  const linked = linkedPackages(resolve);
  const texts = new Map();
  const heads = [];
  for (const it of packages.sort((a, b) =>
    `${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1,
  )) {
    if (it.source === null || !linked.has(it.id)) continue;
    const folder = dirname(it.manifest_path);
    const numbers = readdirSync(folder)
      .filter((name) => LICENCE_FILE.test(name) && existsSync(join(folder, name)))
      .sort()
      .map((name) => {
        const text = readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim();
        if (!texts.has(text)) texts.set(text, texts.size + 1);
        return texts.get(text);
      });
    heads.push(`${it.name} ${it.version}: ${it.license ?? "see text"} [${numbers.join(", ")}]`);
  }
  const bodies = [...texts].map(([text, number]) => `${"=".repeat(78)}\n[${number}]\n\n${text}\n`);
  return `The QUIC core (src/transport/quic/quic-core.wasm) contains the crates below and the Rust standard\nlibrary (MIT or Apache-2.0). In brackets: which of the texts that follow belong to a crate.\n\n${heads.join("\n")}\n\n${bodies.join("\n")}`;
}

/** Ids of the packages that end up in the artifact: no build scripts' and no macros' own. */
function linkedPackages({ nodes, root }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Set();
  const open = [root];
  while (open.length > 0) {
    const id = open.pop();
    if (found.has(id)) continue;
    found.add(id);
    for (const { pkg, dep_kinds: kinds } of byId.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) open.push(pkg);
    }
  }
  return found;
}

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** What stands in the checksum file: the sum, and with what it was built. */
function checksumText(bytes, { rustc, clang, linker }) {
  const lld = linker === undefined ? "of rustc" : run(linker, ["--version"]);
  const compiler = run(clang, ["--version"]).split("\n")[0];
  return `${hash(bytes)}  quic-core.wasm\n# ${run(rustc, ["--version"])}; ${compiler}; lld ${lld}\n`;
}

function main() {
  const toolchain = findToolchain();
  const target = mkdtempSync(join(tmpdir(), "quic-core-"));
  try {
    const artifact = compile(toolchain, target);
    const text = checksumText(artifact, toolchain);
    if (!process.argv.includes("--check")) {
      writeFileSync(ARTIFACT, artifact);
      writeFileSync(CHECKSUM, text);
      writeFileSync(LICENCES, licences(toolchain));
      console.log(`${basename(ARTIFACT)}: ${artifact.length} bytes, ${hash(artifact)}`);
      return 0;
    }
    return check(artifact, text);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

function check(artifact, text) {
  const committed = readFileSync(CHECKSUM, "utf8");
  const expected = committed.slice(0, 64);
  if (hash(readFileSync(ARTIFACT)) !== expected) {
    console.error("the committed artifact is not the one of its checksum");
    return 1;
  }
  if (hash(artifact) === expected) {
    console.log(`the same: ${expected}`);
    return 0;
  }
  console.error(`different: built ${hash(artifact)}, committed ${expected}`);
  const tools = (it) => it.split("\n")[1];
  if (tools(text) !== tools(committed)) {
    console.error(`built with     ${tools(text)}\ncommitted with ${tools(committed)}`);
    console.error("Other versions of the tools make other bytes; compare with the same ones.");
  }
  return 1;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error.message);
  process.exitCode = error instanceof MissingToolchain ? NO_TOOLCHAIN : 1;
}
