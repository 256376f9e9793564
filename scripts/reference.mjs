/*
 * node scripts/reference.mjs [--check]
 *
 * Writes the pages of docs/reference that follow from the code. With --check it writes nothing and fails where a page is not
 * what would be written: a change of the public face has to show in the same commit. Needs a build.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./build.mjs";
import { apiPage } from "./reference/api.mjs";
import { commandPage, configurationPage } from "./reference/commands.mjs";

const NOTE = "<!-- generated: npm run api -->";

async function pages() {
  const { loadCommands } = await import("../dist/cli/commands.js");
  const commands = await loadCommands();
  return {
    "api.md": apiPage(),
    "cli.md": commandPage(commands),
    "configuration.md": configurationPage(commands),
  };
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const folder = join(ROOT, "docs", "reference");
mkdirSync(folder, { recursive: true });
for (const [name, parts] of Object.entries(await pages())) {
  const path = join(folder, name);
  const text = `${[NOTE, ...parts].join("\n\n")}\n`;
  if (read(path) === text) continue;
  if (process.argv.includes("--check")) {
    process.stderr.write(`docs/reference/${name} is not what the code says; run npm run api\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    process.stderr.write(`docs/reference/${name} written\n`);
  }
}
