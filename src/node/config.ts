import { isIP } from "node:net";
import { type Address, parseHostPort, toAddress } from "../base/address.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, parseNodeId } from "../base/id.ts";
import type { Log } from "../base/ports.ts";
import { parseRealm } from "../identity/realm.ts";
import type { ForwardingLimits } from "../routing/forwarding-quota.ts";
import { ROUTING_STRATEGIES, type RoutingStrategy } from "../routing/strategy.ts";
import type { NodeOptions, Transports } from "./api.ts";
import type { Mode } from "./modes.ts";
import { isMode, MODE_NAMES } from "./modes.ts";

/** Bootstrap nodes in one list at most. */
const BOOTSTRAP_MAX = 64;

/** A node of the bootstrap list, as it was written. */
export interface BootstrapTarget {
  readonly text: string;
  readonly expect: NodeId | undefined;
  /** IP literal or name. */
  readonly host: string;
  readonly port: number;
}

/** Checked options. */
export interface NodeConfig {
  readonly realm: string;
  readonly token: string | undefined;
  readonly mode: Mode;
  readonly bootstrap: readonly BootstrapTarget[];
  readonly listen: Address | undefined;
  readonly identity: string | undefined;
  readonly links: "auto" | "static";
  readonly state: string | undefined;
  readonly forwarding: ForwardingLimits | undefined;
  readonly routingStrategy: RoutingStrategy;
  readonly transports: Transports;
}

/** What an option has to be, tested and in words. Callers without types get an answer too. */
interface Shape {
  readonly fits: (value: unknown) => boolean;
  readonly words: string;
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

const isStrategy = (value: unknown): value is RoutingStrategy =>
  ROUTING_STRATEGIES.some((name) => name === value);

const TRANSPORTS: readonly string[] = ["auto", "quic", "tls"];

const isTransports = (value: unknown): boolean => TRANSPORTS.some((name) => name === value);

/** Which ways calls use where nobody has said: a node that was told whom to link to keeps to that. */
export function usualStrategy(links: "auto" | "static"): RoutingStrategy {
  return links === "auto" ? "hybrid" : "multi_hop_only";
}

const FORWARDING = ["perNeighbour", "inAll"];

function isForwarding(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(
    ([name, rate]) =>
      FORWARDING.includes(name) &&
      (rate === undefined || (typeof rate === "number" && rate > 0 && Number.isFinite(rate))),
  );
}

const SHAPES: Readonly<Record<keyof NodeOptions, Shape>> = {
  realm: { fits: isText, words: "a reverse DNS name such as com.example.shop" },
  token: { fits: isText, words: "the path of a file with a membership token" },
  mode: { fits: isText, words: `one of ${MODE_NAMES.join(", ")}` },
  bootstrap: {
    fits: (value) => Array.isArray(value) && value.every(isText),
    words: 'a list of addresses, for example ["192.0.2.7:9443"]',
  },
  listen: {
    fits: (value) => value === false || isText(value),
    words: "false, or an address to accept arrivals at, for example 0.0.0.0:9443",
  },
  identity: { fits: isText, words: "the path of a key file" },
  state: { fits: isText, words: "the path of a directory" },
  links: { fits: isText, words: "auto or static" },
  routingStrategy: { fits: isStrategy, words: `one of ${ROUTING_STRATEGIES.join(", ")}` },
  forwarding: {
    fits: isForwarding,
    words: "an object with perNeighbour and inAll, each in bytes a second, or one of them",
  },
  transports: { fits: isTransports, words: `one of ${TRANSPORTS.join(", ")}` },
  log: {
    fits: (value) => typeof (value as Partial<Log> | null)?.write === "function",
    words: "an object with a method write(level, event, fields)",
  },
};

/** Checks what `createNode` was given. Throws `bad_config` naming the option. */
export function checkConfig(options: NodeOptions): NodeConfig {
  checkShapes(options);
  parseRealm(options.realm);
  const mode = options.mode ?? "edge";
  if (!isMode(mode)) throw bad(`mode is "${mode}"; it is one of ${MODE_NAMES.join(", ")}`);
  const links = options.links ?? "auto";
  if (links !== "auto" && links !== "static")
    throw bad(`links is "${links}"; it is auto or static`);
  const bootstrap = options.bootstrap ?? [];
  if (bootstrap.length > BOOTSTRAP_MAX)
    throw bad(`bootstrap names more than ${BOOTSTRAP_MAX} nodes`);
  return {
    realm: options.realm,
    token: options.token,
    mode,
    links,
    bootstrap: bootstrap.map(parseBootstrap),
    listen: parseListen(options.listen),
    identity: options.identity,
    state: options.state,
    forwarding: options.forwarding,
    routingStrategy: options.routingStrategy ?? usualStrategy(links),
    transports: options.transports ?? "auto",
  };
}

function checkShapes(options: NodeOptions): void {
  if (typeof options !== "object" || options === null) throw bad("the options are missing");
  const names = Object.keys(SHAPES) as (keyof NodeOptions)[];
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(SHAPES, name))
      throw bad(`there is no option "${name}"; known are ${names.join(", ")}`);
  }
  for (const name of names) {
    const value = options[name];
    const { fits, words } = SHAPES[name];
    if (name !== "realm" && value === undefined) continue;
    if (!fits(value)) throw bad(`${name} has to be ${words}`);
  }
}

/** Reads `host:port` or `<node id>@host:port`. Throws `bad_config`. */
export function parseBootstrap(text: string): BootstrapTarget {
  const at = text.indexOf("@");
  const expect = at < 0 ? undefined : parseNodeId(text.slice(0, at));
  const { host, port } = parseHostPort(text.slice(at + 1));
  if (port === 0)
    throw bad(`the bootstrap address "${text.slice(0, 80)}" has port 0, which nobody has`);
  return { text, expect, host, port };
}

function parseListen(listen: string | false | undefined): Address | undefined {
  if (listen === undefined || listen === false) return undefined;
  const { host, port } = parseHostPort(listen);
  if (isIP(host) === 0) {
    throw bad(
      `listen is "${listen}"; write an IP address of this machine, or 0.0.0.0 for all of them`,
    );
  }
  return toAddress(host, port);
}

function bad(what: string): MeshError {
  return new MeshError("bad_config", what);
}
