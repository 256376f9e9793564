import type { CallReport, MeshNode } from "../../src/node/api.ts";
import type { RoutingStrategy } from "../../src/routing/strategy.ts";
import type { CallOptions } from "../../src/rpc/call-options.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import type { Nat, NatKind } from "../../src/transport/memory/nat.ts";

export type Side = NatKind | "none";

export const SIDES: readonly Side[] = [
  "none",
  "full_cone",
  "restricted",
  "port_restricted",
  "symmetric",
];

/** Numbers of the gateways, of the caller and of the provider. */
export const GATEWAYS = [1, 2, 3];
export const CALLER = 10;
export const PROVIDER = 20;

export interface DirectMeshOptions {
  readonly seed?: number;
  readonly strategy?: RoutingStrategy;
  readonly providerStrategy?: RoutingStrategy;
  /** The caller and the provider stand behind one NAT of this kind. */
  readonly shared?: NatKind;
  readonly delay?: readonly [number, number];
  readonly loss?: number;
}

/** Three gateways, and two edges behind NATs that find their places by themselves; the provider answers what it is asked. */
export class DirectMesh {
  readonly world: World;
  readonly nats: Nat[] = [];
  readonly gateways: MeshNode[] = [];
  caller!: MeshNode;
  provider!: MeshNode;
  /** How often each value was given to the handler. */
  readonly executed = new Map<unknown, number>();

  private constructor(world: World) {
    this.world = world;
  }

  static async start(
    callerSide: Side,
    providerSide: Side,
    options: DirectMeshOptions = {},
  ): Promise<DirectMesh> {
    const { seed = 1, delay = [5, 5], loss = 0, shared } = options;
    const mesh = new DirectMesh(new World({ seed, link: { delay, loss } }));
    if (shared !== undefined) mesh.#behind([CALLER, PROVIDER], shared);
    else {
      mesh.#behind([CALLER], callerSide);
      mesh.#behind([PROVIDER], providerSide);
    }
    await mesh.#startAll(options);
    return mesh;
  }

  async call(value: unknown, options: CallOptions = {}): Promise<CallReport> {
    const call = this.caller.explain("echo", value as string, { ...options });
    const { report } = await this.world.run(call);
    return report;
  }

  /** Calls every `pause` ms for so long; the codes of those that failed. */
  async callFor(time: number, pause = 500, options: CallOptions = {}): Promise<string[]> {
    const failures: string[] = [];
    for (const end = this.world.clock.now() + time; this.world.clock.now() < end; ) {
      const { error } = await this.call(`at ${this.world.clock.now()}`, options);
      if (error) failures.push(error.code);
      await this.world.advance(pause);
    }
    return failures;
  }

  /** One more edge that provides `procedure`; it stands behind no NAT. */
  async addProvider(number: number, procedure: string): Promise<MeshNode> {
    const node = await startSimNode(this.world, number, {
      mode: "edge",
      links: "auto",
      bootstrap: GATEWAYS,
    });
    await this.world.run(node.ready());
    await this.world.advance(500);
    await this.world.run(node.register(procedure, () => number));
    return node;
  }

  /** How the caller is linked to the provider: over a shortcut, otherwise, or not at all. */
  get link(): "shortcut" | "link" | "none" {
    const link = this.caller.status().links.find(({ node }) => node === this.provider.id);
    if (link === undefined) return "none";
    return link.shortcut ? "shortcut" : "link";
  }

  /** Nothing gets from one of the edges to the other any more, though all of it to the gateways. */
  cutDirectPath(): void {
    const { conditions } = this.world.network;
    conditions.cutOneWay(this.world.ip(CALLER), this.world.ip(PROVIDER));
    conditions.cutOneWay(this.world.ip(PROVIDER), this.world.ip(CALLER));
  }

  healDirectPath(): void {
    const { conditions } = this.world.network;
    conditions.healOneWay(this.world.ip(CALLER), this.world.ip(PROVIDER));
    conditions.healOneWay(this.world.ip(PROVIDER), this.world.ip(CALLER));
  }

  #behind(nodes: number[], kind: Side): void {
    if (kind !== "none") this.nats.push(this.world.behindNat(nodes, { kind }));
  }

  async #startAll({ strategy, providerStrategy = "hybrid" }: DirectMeshOptions): Promise<void> {
    const auto = { links: "auto" } as const;
    for (const number of GATEWAYS) {
      const bootstrap = GATEWAYS.filter((other) => other < number);
      const gateway = { ...auto, mode: "gateway", listen: true, bootstrap } as const;
      this.gateways.push(await startSimNode(this.world, number, gateway));
    }
    const edge = { ...auto, mode: "edge", bootstrap: GATEWAYS } as const;
    this.caller = await startSimNode(this.world, CALLER, {
      ...edge,
      ...(strategy === undefined ? {} : { routingStrategy: strategy }),
    });
    this.provider = await startSimNode(this.world, PROVIDER, {
      ...edge,
      routingStrategy: providerStrategy,
    });
    const all = [...this.gateways, this.caller, this.provider];
    await this.world.run(Promise.all(all.map((node) => node.ready())));
    await this.world.advance(3_000);
    const registering = this.provider.register("echo", (value) => {
      this.executed.set(value, (this.executed.get(value) ?? 0) + 1);
      return value;
    });
    await this.world.run(registering);
  }
}
