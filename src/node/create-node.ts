import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { type Address, parseHostPort, toAddress } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import type { Log } from "../base/ports.ts";
import { createIdentity } from "../identity/certificate.ts";
import { signerFromSeed, verify } from "../identity/keys.ts";
import { parseRealm } from "../identity/realm.ts";
import { ADDRESSES_MAX } from "../peer/contact.ts";
import type { KeptTarget } from "../peer/keeper.ts";
import { Members } from "../peer/members.ts";
import type { MeshNode, NodeOptions } from "./api.ts";
import { type BootstrapTarget, checkConfig, type NodeConfig } from "./config.ts";
import { type Drivers, makeDrivers } from "./drivers.ts";
import { FileStorage } from "./file-storage.ts";
import { freshKey, loadOrCreateKey } from "./key-file.ts";
import { assembleNode } from "./node.ts";
import { readOwnToken } from "./own-token.ts";
import { systemClock, systemRandom } from "./system.ts";
import { tokenFile } from "./token-file.ts";

const SILENT: Log = { write: () => {} };

/**
 * Starts a node. It is listening when this resolves and dials its bootstrap list meanwhile; `ready`
 * waits for that. The caller closes it.
 *
 * @throws {MeshError} `bad_config`, `bad_key_file`, `address_in_use`; in a closed realm what `readOwnToken` throws.
 */
export async function createNode(options: NodeOptions): Promise<MeshNode> {
  return await createNodeAs(options, undefined);
}

/** The same with the key of a node that has no key file and was there before: its seed. */
export async function createNodeAs(
  options: NodeOptions,
  known: Bytes | undefined,
): Promise<MeshNode> {
  const config = checkConfig(options);
  const log = options.log ?? SILENT;
  const seed =
    config.identity === undefined ? (known ?? freshKey()) : loadOrCreateKey(config.identity);
  const storage = config.state === undefined ? undefined : new FileStorage(config.state);
  const identity = createIdentity(seed);
  const token = config.token === undefined ? undefined : tokenFile(config.token);
  // Before anything is open that would have to be closed again.
  const members = new Members(parseRealm(config.realm), verify, { count: () => {} });
  readOwnToken(token, { members, self: identity.id, mode: config.mode }, systemClock.wall());
  const drivers = await makeDrivers(config.transports, identity, log);
  const { transport, spare } = drivers;
  const bound = config.listen === undefined ? undefined : await transport.listen(config.listen);
  const own = bound ?? (await listenForPeers(drivers, config));
  return assembleNode({
    ports: { clock: systemClock, random: systemRandom, log },
    transport,
    spare,
    signer: signerFromSeed(seed),
    verify,
    realm: config.realm,
    token,
    mode: config.mode,
    links: config.links,
    storage,
    forwarding: config.forwarding,
    bootstrap: config.bootstrap.map(keptTarget),
    addresses: bound === undefined ? [] : dialable(bound),
    listening: () => (bound === undefined ? [] : dialable(bound)),
    routingStrategy: config.routingStrategy,
    locals: () => (own === undefined ? [] : interfacesAt(parseHostPort(own).port)),
  });
}

/** Whoever may have direct links has to take connections, though from nobody else: see `compose.ts`. */
async function listenForPeers(
  { listenForPeers }: Drivers,
  { routingStrategy }: NodeConfig,
): Promise<Address | undefined> {
  return routingStrategy === "multi_hop_only" ? undefined : await listenForPeers();
}

function keptTarget(target: BootstrapTarget): KeptTarget {
  return { name: target.text, expect: target.expect, resolve: () => resolve(target) };
}

/** IP addresses behind the host of a target, looked up at each dial because they may change. */
async function resolve({ host, port }: BootstrapTarget): Promise<Address[]> {
  if (isIP(host) !== 0) return [toAddress(host, port)];
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => toAddress(address, port));
  } catch (cause) {
    throw new MeshError(
      "dial_failed",
      `the name "${host}" has no address (${(cause as Error).message})`,
    );
  }
}

/** Addresses of this machine at which nodes in its own network may meet it. */
function interfacesAt(port: number): Address[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => toAddress(address, port));
}

/** What others can dial where this socket is bound: with a wildcard, every address of this machine. */
function dialable(bound: Address): Address[] {
  const { host, port } = parseHostPort(bound);
  if (host !== "0.0.0.0" && host !== "::") return [bound];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(
      ({ family, address }) => (family === "IPv4" || host === "::") && !address.startsWith("fe80:"),
    )
    .sort((a, b) => Number(a.internal) - Number(b.internal))
    .slice(0, ADDRESSES_MAX)
    .map(({ address }) => toAddress(address, port));
}
