import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

/** The script of the dashboard, whole: a browser that asks a node asks nobody else. */
const ENTRY = "src/http/dashboard/main.tsx";
const TARGET = "dist/http/dashboard/main.js";
const LICENSES = "dist/http/dashboard/LICENSES.txt";

const STYLES = "src/http/dashboard/style";
const STYLE = "dist/http/dashboard/style.css";

/** Makes one file of the dashboard's script and the libraries in it, one of their licences, and one of its styles in the order of their names. */
export async function bundleDashboard(root) {
  const bundle = await rolldown({
    cwd: root,
    input: join(root, ENTRY),
    platform: "browser",
    tsconfig: join(root, "src/http/dashboard/tsconfig.json"),
    onLog: (level, log) => {
      if (level === "warn") throw new Error(`the dashboard can't be bundled: ${log.message}`);
    },
  });
  const { output } = await bundle.write({ file: join(root, TARGET), format: "es", minify: true });
  await bundle.close();
  const styles = readdirSync(join(root, STYLES)).sort();
  const parts = styles.map((name) => readFileSync(join(root, STYLES, name), "utf8"));
  writeFileSync(join(root, STYLE), parts.join("\n"));
  writeFileSync(
    join(root, LICENSES),
    licensesOf(output.flatMap(({ moduleIds = [] }) => moduleIds)),
  );
}

function licensesOf(files) {
  const packages = new Set(files.filter((it) => it.includes("node_modules")).map(packageOf));
  return [...packages].sort().map(licenseOf).join("\n\n");
}

/** The folder of the package that a file is of. */
function packageOf(file) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.replaceAll("\\", "/"))[0];
}

function licenseOf(directory) {
  const { name, version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return `${name} ${version}\n\n${readFileSync(join(directory, "LICENSE"), "utf8").trim()}\n`;
}
