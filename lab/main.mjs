import { parseArgs } from "node:util";
import { commit, machine } from "../bench/machine.mjs";
import { judgedTable, table } from "../bench/table.mjs";
import { killRelays } from "./kill-relays.mjs";

const USAGE = `npm run -s lab -- kill-relays [options]

  kill-relays   calls between two nodes that nobody can dial, while relays are killed

  --json        one JSON object on stdout, and nothing else there
  --seconds S   how long calls are made (300)
  --every S     seconds between two kills (30)
  --rate N      calls a second (200)

It ends with exit code 1 where a gate is not met, 2 for a mistake on the command line.`;

const SCENARIOS = { "kill-relays": killRelays };

/** Numbers that are taken, `[otherwise, least, most]`. */
const NUMBERS = { seconds: [300, 1, 86_400], every: [30, 2, 3_600], rate: [200, 1, 5_000] };

class UsageError extends Error {}

function readOptions(words) {
  const { values, positionals } = parse(words);
  if (values.help) return { help: true };
  const [name] = positionals;
  if (positionals.length !== 1 || !Object.hasOwn(SCENARIOS, name ?? "")) {
    throw new UsageError(`name one of ${Object.keys(SCENARIOS).join(", ")}`);
  }
  const numbers = Object.entries(NUMBERS).map(([flag, range]) => [
    flag,
    number(flag, values[flag], range),
  ]);
  return { name, json: values.json, ...Object.fromEntries(numbers) };
}

function parse(words) {
  const flag = { type: "boolean", default: false };
  const numbers = Object.keys(NUMBERS).map((name) => [name, { type: "string" }]);
  const options = { json: flag, help: flag, ...Object.fromEntries(numbers) };
  try {
    return parseArgs({ args: words, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function number(flag, text, [otherwise, least, most]) {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`--${flag} is a number from ${least} to ${most}, not "${text}"`);
}

async function main(words) {
  const { name, json, help, ...options } = readOptions(words);
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const tell = (text) => process.stderr.write(`${text}\n`);
  const head = { lab: name, machine: machine(), commit: commit(), ...options };
  const { gates, ...figures } = await SCENARIOS[name]({ ...options, tell });
  const ok = Object.values(gates).every(({ met }) => met);
  if (json) process.stdout.write(`${JSON.stringify({ ...head, ok, ...figures, gates })}\n`);
  else process.stdout.write(`${table({ [name]: figures })}\n\n${judgedTable(gates)}\n`);
  if (!ok) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(`lab: ${error.message}\n${usage ? `\n${USAGE}\n` : ""}`);
  process.exitCode = usage ? 2 : 1;
}
