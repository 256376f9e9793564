import { isIP } from "node:net";
import { type Address, parseHostPort, toAddress } from "../base/address.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, parseNodeId } from "../base/id.ts";
import { realmId } from "../identity/realm.ts";
import type { Mode, NodeOptions } from "./api.ts";
import { MODES } from "./mode.ts";

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
  readonly mode: Mode;
  readonly bootstrap: readonly BootstrapTarget[];
  readonly listen: Address | undefined;
  readonly identity: string | undefined;
  readonly links: "auto" | "static";
}

const KNOWN: ReadonlySet<string> = new Set([
  "realm",
  "mode",
  "bootstrap",
  "listen",
  "identity",
  "links",
  "log",
] satisfies (keyof NodeOptions)[]);

/** Checks what `createNode` was given. Throws `bad_config` naming the option. */
export function checkConfig(options: NodeOptions): NodeConfig {
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name))
      throw bad(`there is no option "${name}"; known are ${[...KNOWN].join(", ")}`);
  }
  realmId(options.realm ?? "");
  const mode = options.mode ?? "edge";
  if (!Object.hasOwn(MODES, mode))
    throw bad(`mode is "${mode}"; it is one of ${Object.keys(MODES).join(", ")}`);
  const links = options.links ?? "auto";
  if (links !== "auto" && links !== "static")
    throw bad(`links is "${links}"; it is auto or static`);
  const bootstrap = options.bootstrap ?? [];
  if (bootstrap.length > BOOTSTRAP_MAX)
    throw bad(`bootstrap names more than ${BOOTSTRAP_MAX} nodes`);
  return {
    realm: options.realm,
    mode,
    links,
    bootstrap: bootstrap.map(parseBootstrap),
    listen: parseListen(options.listen),
    identity: options.identity,
  };
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
