import { commit, machine } from "../bench/machine.mjs";
import { judgedTable, table } from "../bench/table.mjs";
import { UsageError } from "./flags.mjs";
import { Unavailable } from "./net/tools.mjs";
import { readOptions, usageOf } from "./options.mjs";
import { SCENARIOS } from "./scenarios.mjs";

async function main(words) {
  const { help, ...asked } = readOptions(words, SCENARIOS);
  if (help) process.stdout.write(`${usageOf(SCENARIOS)}\n`);
  else await runScenario(asked);
}

/** Nothing was begun: words on the command line that don't fit, or a machine that can't. */
function isRefused(error) {
  return error instanceof UsageError || error instanceof Unavailable;
}

async function runScenario({ name, json, options }) {
  const head = { lab: name, machine: machine(), commit: commit(), ...options };
  const print = (report) => process.stdout.write(`${JSON.stringify({ ...head, ...report })}\n`);
  const tell = (text) => process.stderr.write(`${text}\n`);
  const { run, rows = (figures) => ({ [name]: figures }) } = SCENARIOS[name];
  try {
    const { gates, ...figures } = await run({ ...options, tell });
    const ok = Object.values(gates).every(({ met }) => met);
    if (json) print({ ok, ...figures, gates });
    else process.stdout.write(`${table(rows(figures))}\n\n${judgedTable(gates)}\n`);
    if (!ok) process.exitCode = 1;
  } catch (error) {
    // Who reads the object has to find in it what went wrong; that nothing could begin is no result.
    if (json && !isRefused(error)) print({ ok: false, error: error.message });
    throw error;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const more = error instanceof UsageError ? "; npm run -s lab -- --help tells what there is" : "";
  process.stderr.write(`lab: ${error.message}${more}\n`);
  process.exitCode = isRefused(error) ? 2 : 1;
}
