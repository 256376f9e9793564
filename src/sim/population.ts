import type { Millis } from "../base/ports.ts";
import type { MeshNode } from "../node/api.ts";
import type { Mode } from "../node/modes.ts";
import type { LivenessLimits } from "../peer/liveness.ts";
import type { TransportLimits } from "../transport/transport.ts";
import { startSimNode } from "./sim-node.ts";
import type { World } from "./world.ts";

/** Nodes of a world from which on links are asked for signs of life less often. */
const LARGE = 2_000;

/** In a large world most events would be pings, which say nothing where nobody dies. */
const CALM: {
  readonly liveness: LivenessLimits;
  readonly limits: Partial<TransportLimits>;
} = {
  liveness: {
    pingAfter: 20_000,
    warmPingAfter: 20_000,
    goneAfter: 45_000,
    anchorGoneAfter: 45_000,
    checkEvery: 5_000,
  },
  limits: { idleTimeout: 60_000, keepAlive: 0 },
};

export interface PopulationOptions {
  readonly nodes: number;
  /** Nodes that are bootstrap nodes, the first ones; 1 when left out. */
  readonly bootstraps?: number;
  /** Of ten nodes so many are gateways and the others edges; 3 when left out. */
  readonly gatewaysOfTen?: number;
  /** Each node keeps on its virtual disk what it needs after a restart. */
  readonly isKept?: boolean;
  /** Virtual time between two starts; 20 ms when left out. */
  readonly gap?: Millis;
  /** Told of every node that was started. */
  readonly onStart?: (started: number) => void;
}

/** One node of a population, in its present life. */
export interface Member {
  readonly number: number;
  readonly mode: Mode;
  node: MeshNode;
  /** Virtual time from its start to the moment it was ready; `undefined` before. */
  readyAfter: Millis | undefined;
  alive: boolean;
}

/** Many nodes of one world that join through the same bootstrap nodes and find their places by themselves. */
export class Population {
  readonly world: World;
  readonly members: Member[] = [];
  readonly #options: PopulationOptions;
  readonly #bootstraps: readonly number[];

  constructor(world: World, options: PopulationOptions) {
    this.world = world;
    this.#options = options;
    this.#bootstraps = Array.from({ length: options.bootstraps ?? 1 }, (_, number) => number);
  }

  get alive(): Member[] {
    return this.members.filter(({ alive }) => alive);
  }

  /** Starts the nodes one after the other; each begins to join at once. */
  async start(): Promise<void> {
    for (let number = 0; number < this.#options.nodes; number++) {
      await this.add();
      await this.world.advance(this.#options.gap ?? 20);
      this.#options.onStart?.(number + 1);
    }
  }

  /** Starts one more node. */
  async add(): Promise<Member> {
    const number = this.members.length;
    const mode = this.#modeOf(number);
    const node = await this.#launch(number, mode);
    const member: Member = { number, mode, node, readyAfter: undefined, alive: true };
    this.members.push(member);
    this.#watch(member);
    return member;
  }

  /** The node is gone from one moment to the next; nobody is told. */
  crash(member: Member): void {
    member.alive = false;
    this.world.crash(member.number);
  }

  /** Starts a node that has crashed again, with its key. */
  async restart(member: Member): Promise<void> {
    member.node = await this.#launch(member.number, member.mode);
    member.alive = true;
    member.readyAfter = undefined;
    this.#watch(member);
  }

  /** Resolves when every node that is alive is ready. Rejects with the reason of the first one that is not in time. */
  async ready(timeout: Millis = 60_000): Promise<void> {
    await this.world.run(Promise.all(this.alive.map(({ node }) => node.ready({ timeout }))));
  }

  #watch(member: Member): void {
    const { clock } = this.world;
    const startedAt = clock.now();
    member.node.ready({ timeout: 600_000 }).then(
      () => {
        member.readyAfter = clock.now() - startedAt;
      },
      () => {}, // Whoever needs it asks for it.
    );
  }

  #launch(number: number, mode: Mode): Promise<MeshNode> {
    const others = this.#bootstraps.filter((bootstrap) => bootstrap !== number);
    return startSimNode(this.world, number, {
      mode,
      listen: mode !== "edge",
      links: "auto",
      bootstrap: number === 0 ? [] : others,
      isKept: this.#options.isKept === true,
      ...(this.#options.nodes >= LARGE ? CALM : {}),
    });
  }

  #modeOf(number: number): Mode {
    if (number < this.#bootstraps.length) return "bootstrap";
    return number % 10 < (this.#options.gatewaysOfTen ?? 3) ? "gateway" : "edge";
  }
}
