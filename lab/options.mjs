import { parseArgs } from "node:util";
import { UsageError } from "./flags.mjs";

const GENERAL = { json: { type: "boolean", default: false }, help: { type: "boolean" } };

/** Reads the words behind `lab`: the name of a scenario and its options. Throws `UsageError`. */
export function readOptions(words, scenarios) {
  const { values, positionals } = parse(words, scenarios);
  if (values.help) return { help: true };
  const [name] = positionals;
  if (positionals.length !== 1 || !Object.hasOwn(scenarios, name ?? "")) {
    throw new UsageError(`name one of ${Object.keys(scenarios).join(", ")}`);
  }
  const { flags } = scenarios[name];
  const { json, ...given } = values;
  for (const flag of Object.keys(given)) {
    if (!Object.hasOwn(flags, flag)) throw new UsageError(`${name} has no --${flag}`);
  }
  const options = Object.entries(flags).map(([flag, { otherwise, read }]) => {
    return [camelCased(flag), flag in given ? read(flag, given[flag]) : otherwise];
  });
  return { name, json, options: Object.fromEntries(options) };
}

function parse(words, scenarios) {
  const all = Object.values(scenarios).flatMap(({ flags }) => Object.entries(flags));
  const options = Object.fromEntries(all.map(([flag, { type }]) => [flag, { type }]));
  try {
    return parseArgs({ args: words, options: { ...options, ...GENERAL }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function camelCased(flag) {
  return flag.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

/** What can be written on the command line. */
export function usageOf(scenarios) {
  const parts = Object.entries(scenarios).map(([name, { about, flags }]) => {
    const lines = Object.entries(flags).map(([flag, { says }]) => `      --${flag}  ${says}`);
    return [`  ${name}  ${about}`, ...lines].join("\n");
  });
  return `npm run -s lab -- <scenario> [options]

${parts.join("\n\n")}

  --json  one JSON object on stdout, and nothing else there

It ends with exit code 1 where a gate is not met, 2 for a mistake on the command line and where
the machine lacks something that a scenario needs. All but kill-relays need Linux and root.`;
}
