import type { Address } from "../base/address.ts";
import type { Clock } from "../base/ports.ts";
import type { MeshNode } from "../node/api.ts";
import { usualStrategy } from "../node/config.ts";
import type { Mode } from "../node/modes.ts";
import { assembleNode } from "../node/node.ts";
import type { KeptTarget } from "../peer/keeper.ts";
import type { LivenessLimits } from "../peer/liveness.ts";
import type { ForwardingLimits } from "../routing/forwarding-quota.ts";
import type { RoutingStrategy } from "../routing/strategy.ts";
import type { TransportIdentity, TransportLimits } from "../transport/transport.ts";
import { SIM_REALM, type SimDrivers, type World } from "./world.ts";

export interface SimNodeOptions {
  readonly mode: Mode;
  /** Accept arrivals at the node's own address. */
  readonly listen?: boolean;
  /** Numbers of the nodes it keeps links to. */
  readonly bootstrap?: readonly number[];
  /** Keeps on its virtual disk what it needs after a restart. */
  readonly isKept?: boolean;
  /** When a silent link counts as dead; that of real nodes when left out. */
  readonly liveness?: LivenessLimits;
  /** Limits of its transport that differ from those of real nodes. */
  readonly limits?: Partial<TransportLimits>;
  /** `static` when left out: links to those nodes and no others. */
  readonly links?: "auto" | "static";
  /** What it passes on for others at most; without limit when left out. */
  readonly forwarding?: ForwardingLimits;
  /** Which ways its calls may use; that of real nodes when left out: `multi_hop_only` with static links, else `hybrid`. */
  readonly routingStrategy?: RoutingStrategy;
  /** It has a second driver, over streams, for where datagrams get nowhere. */
  readonly isPaired?: boolean;
  /** `com.example.sim` when left out. */
  readonly realm?: string;
  /** Its own, as of a machine that sleeps; that of the world when left out. */
  readonly clock?: Clock;
  /** Addresses that its machine has now; the one it listens at when left out. */
  readonly interfaces?: () => readonly Address[];
  /** Gives its membership token, asked again every 5 s; left out in an open realm. */
  readonly token?: () => string;
}

/** Starts node `number` of a world: the very node that runs over QUIC, with virtual ports. Starting it again is a restart. */
export async function startSimNode(
  world: World,
  number: number,
  options: SimNodeOptions,
): Promise<MeshNode> {
  const identity = world.identity(number);
  const { transport, socket } = driversOf(world, number, identity, options);
  const links = options.links ?? "static";
  const routingStrategy = options.routingStrategy ?? usualStrategy(links);
  if (options.listen === true) await world.run(transport.listen(world.address(number)));
  else if (routingStrategy !== "multi_hop_only")
    await world.run(socket.listen(world.address(number, 0)));
  return assembleNode({
    ports: { ...world.ports(number), ...(options.clock && { clock: options.clock }) },
    transport,
    spare: () =>
      options.isPaired === true
        ? world.pairedSpare(number, identity)
        : world.network.transport({ identity, address: world.address(number) }),
    signer: world.signer(number),
    verify: world.verify,
    realm: options.realm ?? SIM_REALM,
    token: options.token,
    mode: options.mode,
    links,
    routingStrategy,
    locals: options.interfaces ?? (() => (socket.address ? [socket.address] : [])),
    forwarding: options.forwarding,
    ...(options.isKept === true ? { storage: world.disk(number).mount() } : {}),
    ...(options.realm === undefined ? { book: world.contacts } : {}),
    ...(options.liveness === undefined ? {} : { liveness: options.liveness }),
    bootstrap: (options.bootstrap ?? []).map((target) => keptTarget(world, target)),
    addresses: options.listen === true ? [world.address(number)] : [],
  });
}

function driversOf(
  world: World,
  number: number,
  identity: TransportIdentity,
  { isPaired, limits }: SimNodeOptions,
): SimDrivers {
  if (isPaired === true) return world.paired(number, identity, limits);
  const transport = world.transport(number, identity, limits);
  return { transport, socket: transport };
}

function keptTarget(world: World, number: number): KeptTarget {
  return {
    name: `node ${number}`,
    expect: world.signer(number).id,
    resolve: () => Promise.resolve([world.address(number)]),
  };
}
