import { spawnSync } from "node:child_process";

/** Why tests that need Prometheus can't run here; `undefined` where they can. */
export const withoutPrometheus: string | undefined = missing("promtool") ?? missing("prometheus");

if (withoutPrometheus !== undefined) {
  // Where it is asked for, as in .ci/run, a test that is left out is one that failed.
  if (process.env.MACULA_PROMETHEUS === "required") throw new Error(withoutPrometheus);
  process.stderr.write(`tests with Prometheus are skipped: ${withoutPrometheus}\n`);
}

function missing(program: string): string | undefined {
  const { error } = spawnSync(program, ["--version"], { stdio: "ignore" });
  return error && `there is no ${program}; it comes with Debian's package prometheus`;
}

/** Runs promtool; what it said, where it found fault. */
export function promtool(words: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync("promtool", words, { input, encoding: "utf8" });
  return status === 0 ? "" : `${stdout}${stderr}` || `it ended with ${status}`;
}
