import { parseArgs } from "node:util";

export const USAGE = `npm run -s bench -- <rpc | bulk | start | discovery | records> [options]

  rpc     calls of 100 bytes: the bare drivers, direct, through one and three forwarders,
          unsealed; what sealing costs
  bulk    100 MB one way, and echo calls of 1 MB
  start   a cold process to its first answered call
  discovery
          nodes in five processes join through one address and look everything up
  records memory of a full store of records

  --json            one JSON object on stdout, and nothing else there
  --runs N          runs whose medians are reported
  --seconds S       length of a measured phase
  --warmup S        length of the warm-up before it
  --megabytes N     what bulk sends one way
  --nodes N         nodes of discovery
  --records N       records of records
  --calm S          what discovery and records wait at most for a process to come to rest
  --only a,b        scenarios: floor, floorTls, direct, directTls, dialled, shortcut, oneForwarder,
                    threeForwarders, threeForwardersUnsealed, sealing of rpc,
                    floor, floorTls, oneWay, echo of bulk, firstCall of start, mesh of discovery,
                    ownKeys, sharedKeys of records
  --profile NAME    one run of that scenario, with a CPU profile of each process in bench/.profiles`;

const MEGABYTES = 100;
const NODES = 50;
/** As many as a node takes. */
const RECORDS = 65_536;
/** Of whatever has no bound of its own. */
const MOST = 3_600;
/** Seconds. */
const CALM = 30;
/** Every process of a population has a gateway and an edge at least. */
const NODES_MIN = 10;

/** A mistake on the command line. */
export class UsageError extends Error {}

const FLAGS = {
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
  runs: { type: "string" },
  seconds: { type: "string" },
  warmup: { type: "string" },
  megabytes: { type: "string" },
  nodes: { type: "string" },
  records: { type: "string" },
  calm: { type: "string" },
  only: { type: "string" },
  profile: { type: "string" },
};

/**
 * Reads the words behind `bench`. `benches` holds what each of them measures when nothing is said:
 * `{ runs, seconds, warmup, scenarios }`. Throws `UsageError`.
 */
export function readOptions(words, benches) {
  const { values, positionals } = parse(words);
  if (values.help) return { help: true };
  const [name] = positionals;
  const defaults = Object.hasOwn(benches, name ?? "") ? benches[name] : undefined;
  if (defaults === undefined || positionals.length !== 1) {
    throw new UsageError(`name one of ${Object.keys(benches).join(", ")}`);
  }
  const profile = values.profile;
  const only = profile === undefined ? values.only?.split(",") : [profile];
  for (const scenario of only ?? []) {
    if (!defaults.scenarios.includes(scenario)) {
      throw new UsageError(`${name} has no scenario "${scenario}"`);
    }
  }
  return {
    name,
    json: values.json,
    runs: profile === undefined ? wholeNumber("runs", values.runs, defaults.runs) : 1,
    seconds: number("seconds", values.seconds, defaults.seconds),
    warmup: number("warmup", values.warmup, defaults.warmup),
    megabytes: wholeNumber("megabytes", values.megabytes, MEGABYTES),
    nodes: nodesOf(values.nodes),
    records: wholeNumber("records", values.records, RECORDS, RECORDS),
    calm: number("calm", values.calm, CALM),
    only,
    profile: profile !== undefined,
  };
}

function parse(words) {
  try {
    return parseArgs({ args: words, options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function number(flag, text, otherwise, most = MOST) {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= most) return value;
  const bound = most.toLocaleString("en-US");
  throw new UsageError(`--${flag} is a number above 0, at most ${bound}, not "${text}"`);
}

function nodesOf(text) {
  const nodes = wholeNumber("nodes", text, NODES);
  if (nodes >= NODES_MIN) return nodes;
  throw new UsageError(`--nodes is at least ${NODES_MIN}, not ${nodes}`);
}

function wholeNumber(flag, text, otherwise, most) {
  const value = number(flag, text, otherwise, most);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`--${flag} is a whole number, not "${text}"`);
}
