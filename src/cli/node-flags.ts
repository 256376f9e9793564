import { homedir } from "node:os";
import { join } from "node:path";
import type { ForwardingLimits, Mode } from "../index.ts";
import { MODE_NAMES, MODES } from "../node/modes.ts";
import type { Arguments, Flag } from "./command.ts";

/** How long a node may take to find its place, and a call to end, unless told otherwise: milliseconds. */
const TIMEOUT = "5000";

/** Where `macula up` and `macula join` keep what they need, and note the mesh. */
export const HOME_FLAG: Flag = {
  name: "home",
  kind: "text",
  value: "<directory>",
  environment: "MACULA_HOME",
  fallback: join(homedir(), ".macula"),
  help: "Where macula up and macula join keep keys and state, and note the mesh.",
};

/** Where a node is reached, for its join string. */
export const ADDRESS_FLAG: Flag = {
  name: "address",
  kind: "list",
  value: "<host:port>",
  environment: "MACULA_ADDRESS",
  help: "Where others reach this node, for the join string. Without it, the addresses of this machine.",
};

/** Where settings are read that neither flags nor the environment make. Every command has it that has such settings. */
export const CONFIG_FLAG: Flag = {
  name: "config",
  kind: "text",
  value: "<file>",
  help: "A JSON file with settings: one object, its keys the names of flags that have a variable. Without it ./macula.json, else config.json in --home; off reads none. (MACULA_CONFIG)",
};

/** The flags of every command that runs a node. */
export const NODE_FLAGS: readonly Flag[] = [
  {
    name: "bootstrap",
    kind: "list",
    value: "<address>",
    environment: "MACULA_BOOTSTRAP",
    help: "A node to join the mesh through: host:port, or <node id>@host:port to accept no other there.",
  },
  {
    name: "realm",
    kind: "text",
    value: "<name>",
    environment: "MACULA_REALM",
    help: "The realm, a reverse domain name; of a closed one what macula realm printed. Nodes of different realms never meet. org.example.mesh, where nothing names another.",
  },
  {
    name: "join",
    kind: "text",
    secret: "value",
    value: "<string>",
    environment: "MACULA_JOIN",
    help: "What macula up has printed: stands for --realm and --bootstrap.",
  },
  {
    name: "token",
    kind: "text",
    secret: "path",
    value: "<file>",
    environment: "MACULA_TOKEN",
    help: "The file with the node's token, which a closed realm asks for. It is read again every 5 seconds.",
  },
  {
    name: "identity",
    kind: "text",
    secret: "path",
    value: "<file>",
    environment: "MACULA_IDENTITY",
    help: "The node's key file, made where it does not exist. Without it the node gets a new id at each start.",
  },
  {
    name: "state",
    kind: "text",
    value: "<directory>",
    environment: "MACULA_STATE",
    help: "Where the node keeps the peers it knows and the records it holds, for its next start.",
  },
  {
    name: "links",
    kind: "text",
    value: "<rule>",
    environment: "MACULA_LINKS",
    choices: ["auto", "static"],
    fallback: "auto",
    help: "static keeps links to the bootstrap nodes and to whoever dials this one, and to nobody else.",
  },
  {
    name: "routing-strategy",
    kind: "text",
    value: "<rule>",
    environment: "MACULA_ROUTING_STRATEGY",
    choices: ["hybrid", "multi_hop_only", "direct_only"],
    help: "Which ways calls may take: hybrid opens direct links where they are worth it, multi_hop_only opens none, direct_only uses nothing else. hybrid, unless links are static.",
  },
  {
    name: "transports",
    kind: "text",
    value: "<which>",
    environment: "MACULA_TRANSPORTS",
    choices: ["auto", "quic", "tls"],
    fallback: "auto",
    help: "What carries links: auto is QUIC over UDP, and TLS over TCP where UDP gets nowhere; quic and tls are that one alone.",
  },
  {
    name: "timeout",
    kind: "number",
    value: "<ms>",
    range: [1, 3_600_000],
    environment: "MACULA_TIMEOUT",
    fallback: TIMEOUT,
    help: "How long a call, or joining the mesh, may take.",
  },
  {
    name: "max-hops",
    kind: "number",
    value: "<n>",
    range: [0, 16],
    environment: "MACULA_MAX_HOPS",
    fallback: "10",
    help: "Forwarding nodes a call may pass.",
  },
  {
    name: "log",
    kind: "text",
    value: "<level>",
    environment: "MACULA_LOG",
    choices: ["debug", "info", "warn", "error", "off"],
    fallback: "warn",
    help: "What is told on stderr.",
  },
  {
    name: "log-format",
    kind: "text",
    value: "<format>",
    environment: "MACULA_LOG_FORMAT",
    choices: ["text", "json"],
    fallback: "text",
    help: "How: a line for people, or an object a line for programs.",
  },
  {
    name: "json",
    kind: "switch",
    help: "Print one JSON object on stdout and nothing else.",
  },
];

const CONTROL_FLAG: Flag = {
  name: "control",
  kind: "text",
  value: "<path>",
  environment: "MACULA_CONTROL",
  help: "The unix socket at which the node is asked how it is, by its owner alone. With --state it is <directory>/control.sock unless this says otherwise.",
};

const named = (...names: readonly string[]): Flag[] =>
  NODE_FLAGS.filter(({ name }) => names.includes(name));

/** The flags of the commands that ask a running node. */
export const ASKING_FLAGS: readonly Flag[] = [CONTROL_FLAG, ...named("state", "timeout", "json")];

/** The same where the command can join the mesh by itself. */
export const LOOKUP_FLAGS: readonly Flag[] = [
  CONTROL_FLAG,
  ...NODE_FLAGS.filter(({ name }) => name !== "max-hops"),
  HOME_FLAG,
];

/** The flags of `doctor`, which asks a running node, or a node of its own that it starts for the purpose. */
export const DOCTOR_FLAGS: readonly Flag[] = [
  {
    name: "peer",
    kind: "text",
    value: "<node id>",
    help: "Also tell how calls get to this node, and why there is no direct link to it.",
  },
  {
    name: "listen",
    kind: "text",
    value: "<address>",
    help: "Let the node of its own listen at ip:port, so that it is seen whether others can dial it there.",
  },
  CONTROL_FLAG,
  ...named("bootstrap", "realm", "join", "identity", "token", "state", "timeout"),
  ...named("log").map((flag) => ({ ...flag, fallback: "off" })),
  ...named("json"),
];

const FORWARDING_FLAGS: readonly Flag[] = [
  {
    name: "forward-in-all",
    kind: "number",
    value: "<bytes/s>",
    range: [1, 1e12],
    environment: "MACULA_FORWARD_IN_ALL",
    help: "What the node passes on for others at most. Without it there is no limit.",
  },
  {
    name: "forward-per-neighbour",
    kind: "number",
    value: "<bytes/s>",
    range: [1, 1e12],
    environment: "MACULA_FORWARD_PER_NEIGHBOUR",
    help: "The same for each of its neighbours.",
  },
];

/** The flags of the listeners over HTTP. */
const HTTP_FLAGS: readonly Flag[] = [
  {
    name: "health",
    kind: "text",
    value: "<address>",
    environment: "MACULA_HEALTH",
    help: "Where the node tells over HTTP how it is (/health, /ready, /live, /metrics): ip:port, or off. 127.0.0.1:8080, unless another process has that.",
  },
  {
    name: "admin",
    kind: "text",
    value: "<address>",
    environment: "MACULA_ADMIN",
    help: "Where whoever has the token sees all that the node knows of itself: ip:port of this machine alone, or the path of a unix socket. Nowhere unless this is said.",
  },
  {
    name: "admin-token",
    kind: "text",
    secret: "path",
    value: "<file>",
    environment: "MACULA_ADMIN_TOKEN",
    help: "The file with the token, made with mode 0600 where there is none. With --state it is <directory>/admin.token unless this says otherwise.",
  },
  {
    name: "admin-cert",
    kind: "text",
    value: "<file>",
    environment: "MACULA_ADMIN_CERT",
    help: "A certificate in PEM, without which --admin takes no address that other machines reach.",
  },
  {
    name: "admin-key",
    kind: "text",
    secret: "path",
    value: "<file>",
    environment: "MACULA_ADMIN_KEY",
    help: "Its key in PEM.",
  },
  {
    name: "http-host",
    kind: "list",
    value: "<name>",
    environment: "MACULA_HTTP_HOST",
    help: "A name by which these may be asked, beside localhost and the address itself.",
  },
];

/** How a node is looked after. */
const SUPERVISION_FLAGS: readonly Flag[] = [
  {
    name: "supervise",
    kind: "text",
    value: "<on|off>",
    environment: "MACULA_SUPERVISE",
    choices: ["on", "off"],
    fallback: "on",
    help: "Run the node in a process of its own, and start it again, as the same node, where that dies or hangs.",
  },
  {
    name: "hung-after",
    kind: "number",
    value: "<ms>",
    range: [1_000, 3_600_000],
    environment: "MACULA_HUNG_AFTER",
    fallback: "15000",
    help: "How long it may give no sign of life before it is taken for hung. A handler that computes for longer without a pause needs more.",
  },
];

/** The flags of the commands that stay: `start` and `serve`. */
export function stayingFlags(mode: string): readonly Flag[] {
  return [
    {
      name: "mode",
      kind: "text",
      value: "<mode>",
      environment: "MACULA_MODE",
      choices: MODE_NAMES,
      fallback: mode,
      help: "What the node does for others: bootstrap is an entry point, gateway forwards, edge does neither, hybrid both.",
    },
    {
      name: "listen",
      kind: "text",
      value: "<address>",
      environment: "MACULA_LISTEN",
      help: "Where others reach it: host:port, port 0 takes a free one, off listens nowhere. An edge is off, the others take 0.0.0.0:9443.",
    },
    CONTROL_FLAG,
    ...HTTP_FLAGS,
    ...FORWARDING_FLAGS,
    ...SUPERVISION_FLAGS,
    ...NODE_FLAGS,
  ];
}

/** What the node passes on for others, where the command can say so. */
export function forwardingOf(given: Arguments): ForwardingLimits {
  const inAll = given.number("forward-in-all");
  const perNeighbour = given.number("forward-per-neighbour");
  return {
    ...(inAll === undefined ? {} : { inAll }),
    ...(perNeighbour === undefined ? {} : { perNeighbour }),
  };
}

/** Where to listen: what the user said, or what the mode suggests. */
export function listenOf(given: Arguments): string | false {
  const said = given.text("listen");
  if (said === "off") return false;
  if (said !== undefined) return said;
  return MODES[given.text("mode") as Mode].listens ? "0.0.0.0:9443" : false;
}
