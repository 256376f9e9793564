import { BULK_NAMES, benchBulk } from "./bulk.mjs";
import { benchDiscovery, DISCOVERY_NAMES } from "./discovery.mjs";
import { commit, machine } from "./machine.mjs";
import { readOptions, USAGE, UsageError } from "./options.mjs";
import { benchRecords, RECORDS_NAMES } from "./records.mjs";
import { benchRpc, RPC_NAMES } from "./rpc.mjs";
import { benchStart, START_NAMES } from "./start.mjs";
import { judgedTable, table } from "./table.mjs";

const BENCHES = {
  rpc: { run: benchRpc, runs: 3, seconds: 1.5, warmup: 2.5, scenarios: RPC_NAMES },
  bulk: { run: benchBulk, runs: 3, seconds: 2, warmup: 1, scenarios: BULK_NAMES },
  start: { run: benchStart, runs: 9, scenarios: START_NAMES },
  discovery: { run: benchDiscovery, runs: 3, scenarios: DISCOVERY_NAMES },
  records: { run: benchRecords, runs: 3, scenarios: RECORDS_NAMES },
};

async function main(words) {
  const options = readOptions(words, BENCHES);
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const tell = (text) => process.stderr.write(`${text}\n`);
  const head = { bench: options.name, machine: machine(), commit: commit() };
  const { gates, ...figures } = await BENCHES[options.name].run({
    ...options,
    bench: options.name,
    tell,
  });
  const report = { ...head, date: new Date().toISOString(), runs: options.runs, ...figures, gates };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${table(figures)}\n\n${judgedTable(gates)}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(`bench: ${error.message}\n${usage ? `\n${USAGE}\n` : ""}`);
  process.exitCode = usage ? 2 : 1;
}
