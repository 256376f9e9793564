import type { Address } from "../../src/base/address.ts";
import type { Log } from "../../src/base/ports.ts";
import type { Verify } from "../../src/identity/keys.ts";
import { type Composition, compose } from "../../src/node/compose.ts";
import type { Mode } from "../../src/node/modes.ts";
import type { RoutingStrategy } from "../../src/routing/strategy.ts";
import { SIM_REALM, type World } from "../../src/sim/world.ts";

export interface ComposedOptions {
  readonly mode: Mode;
  readonly links?: "auto" | "static";
  /** Numbers of nodes. */
  readonly bootstrap?: readonly number[];
  /** Where it says that it listens; its own address when left out. */
  readonly addresses?: readonly Address[];
  /** Nobody gets in: it says that it listens, and does not. */
  readonly isClosed?: boolean;
  /** Host from which it dials others back; its own when left out. */
  readonly dialsBackFrom?: number;
  /** It has a second driver, over streams. */
  readonly isPaired?: boolean;
  readonly log?: Log;
  readonly routingStrategy?: RoutingStrategy;
  /** The usual one of simulated nodes, which is open, when left out. */
  readonly realm?: string;
  readonly token?: () => string;
  /** What it takes for a true signature; what is one when left out. */
  readonly verify?: Verify;
}

/** The parts of node `number`, for tests that look into one or make it lie. It listens when this resolves. */
export async function composeIn(
  world: World,
  number: number,
  options: ComposedOptions,
): Promise<Composition> {
  const identity = world.identity(number);
  const transport =
    options.isPaired === true
      ? world.paired(number, identity).transport
      : world.transport(number, identity);
  if (options.isClosed !== true) await world.run(transport.listen(world.address(number)));
  const from = world.address(options.dialsBackFrom ?? number);
  return compose({
    ports: { ...world.ports(number), ...(options.log && { log: options.log }) },
    transport,
    spare: () => world.network.transport({ identity, address: from }),
    signer: world.signer(number),
    verify: options.verify ?? world.verify,
    realm: options.realm ?? SIM_REALM,
    token: options.token,
    mode: options.mode,
    links: options.links ?? "auto",
    ...(options.routingStrategy && { routingStrategy: options.routingStrategy }),
    locals: () => [world.address(number)],
    bootstrap: (options.bootstrap ?? []).map((target) => ({
      name: `node ${target}`,
      expect: world.signer(target).id,
      resolve: () => Promise.resolve([world.address(target)]),
    })),
    addresses: options.addresses ?? [world.address(number)],
  });
}
