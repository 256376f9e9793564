import { describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

/** Deadlines are kept in steps of some milliseconds. */
const SLACK = 20;

const GATEWAYS = 5;
const EDGES = 4;

/** Codes a call may fail with while the mesh is in pieces. */
const EXPECTED = new Set([
  ...["timeout", "no_route", "no_provider", "provider_gone", "link_lost", "closed", "overloaded"],
]);

/** A mesh in which things break by chance, and calls go on all the while. */
class Chaos {
  readonly world: World;
  readonly nodes: MeshNode[] = [];
  /** What went wrong with calls, other than what may. */
  readonly odd: string[] = [];
  readonly codes: Map<string, number> = new Map();
  readonly #random: SeededRandom;
  readonly #down = new Set<number>();
  #calls = 0;

  private constructor(seed: number) {
    this.world = new World({ seed, link: { delay: [1, 20], loss: 0.01 } });
    this.#random = new SeededRandom(seed, 99);
  }

  static async start(seed: number): Promise<Chaos> {
    const chaos = new Chaos(seed);
    for (let number = 0; number < GATEWAYS + EDGES; number++) await chaos.begin(number);
    await chaos.world.advance(3_000);
    return chaos;
  }

  /** Starts a node, or starts it anew; every edge provides `who`. */
  async begin(number: number): Promise<void> {
    const isEdge = number >= GATEWAYS;
    const all = Array.from({ length: GATEWAYS }, (_, other) => other);
    const bootstrap = isEdge ? [number % GATEWAYS, (number + 2) % GATEWAYS] : all.slice(0, number);
    const mode = isEdge ? "edge" : "gateway";
    const node = await startSimNode(this.world, number, { mode, listen: !isEdge, bootstrap });
    this.nodes[number] = node;
    this.#down.delete(number);
    if (isEdge) node.register("who", () => number, { timeout: 20_000 }).catch(() => {});
  }

  /** One thing breaks, or is mended. */
  async strike(): Promise<void> {
    const { conditions } = this.world.network;
    const random = this.#random;
    const number = random.below(GATEWAYS + EDGES);
    const other = this.world.ip(random.below(GATEWAYS));
    switch (random.below(6)) {
      case 0:
        this.world.crash(number);
        this.#down.add(number);
        break;
      case 1:
        this.nodes[number]?.close().catch((cause) => this.odd.push(String(cause)));
        this.#down.add(number);
        break;
      case 2:
        conditions.cutOneWay(this.world.ip(number), other);
        break;
      case 3:
        conditions.partition([[this.world.ip(number), other]]);
        break;
      case 4:
        conditions.healAll();
        break;
      default:
        for (const node of [...this.#down].slice(0, 2)) await this.begin(node);
    }
  }

  /** Begins a call somewhere and sees to it that it ends as promised. */
  call(): void {
    const caller = GATEWAYS + this.#random.below(EDGES);
    const timeout = 200 + this.#random.below(4_000);
    const started = this.world.clock.now();
    const name = `call ${this.#calls++} of node ${caller} at ${Math.round(started)}`;
    if (this.#down.has(caller)) return;
    const ended = (what: string): void => {
      this.codes.set(what, (this.codes.get(what) ?? 0) + 1);
      const took = this.world.clock.now() - started;
      if (took > timeout + SLACK) this.odd.push(`${name} took ${took} of ${timeout}`);
    };
    const provider = this.nodes[GATEWAYS + this.#random.below(EDGES)]?.id ?? "";
    const options = this.#random.below(2) === 0 ? { timeout } : { timeout, provider };
    (this.nodes[caller] as MeshNode).call("who", null, options).then(
      () => ended("ok"),
      (cause) => {
        const code = cause instanceof MeshError ? cause.code : String(cause);
        if (!EXPECTED.has(code)) this.odd.push(`${name}: ${cause}`);
        ended(code);
      },
    );
  }

  /** Everything is mended and has time to settle. */
  async heal(): Promise<void> {
    this.world.network.conditions.healAll();
    for (const number of [...this.#down]) await this.begin(number);
    await this.world.advance(40_000);
  }
}

/** Every node calls every edge; what did not come to the right answer. */
async function mistakes({ world, nodes }: Chaos): Promise<string[]> {
  const wrong: string[] = [];
  for (const [from, caller] of nodes.entries()) {
    for (const [at, edge] of nodes.slice(GATEWAYS).entries()) {
      const options = { provider: edge.id, timeout: 5_000 };
      const answer = await world.run(caller.call("who", null, options).catch(String));
      if (answer !== GATEWAYS + at) wrong.push(`${from} to ${GATEWAYS + at}: ${answer}`);
    }
  }
  return wrong;
}

/** What a node that has nothing to do still holds, and links there are twice. */
function leftovers({ nodes }: Chaos): string[] {
  const names = ["callsPending", "handlersAtWork", "messagesUnderWay", "routeSearches"];
  return nodes.flatMap((node, number) => {
    const { bounds, links } = node.status();
    const held = names.filter((name) => bounds[name]?.used !== 0);
    const twice = links.length - new Set(links.map((link) => link.node)).size;
    return [...held, ...(twice > 0 ? ["links"] : [])].map((name) => `${number}: ${name}`);
  });
}

const FIRST_SEED = Number(process.env.MACULA_TEST_SEED ?? 1);
const SEEDS = [0, 1, 2, 3, 4, 5].map((offset) => FIRST_SEED + offset);

describe("a mesh in which things break by chance", () => {
  it.each(SEEDS)("ends every call as promised, and heals (seed %i)", async (seed) => {
    const chaos = await Chaos.start(seed);
    for (let step = 0; step < 40; step++) {
      await chaos.strike();
      for (let at = 0; at < 10; at++) {
        chaos.call();
        await chaos.world.advance(100);
      }
    }
    await chaos.heal();
    expect(chaos.odd).toEqual([]);
    expect(chaos.codes.get("ok")).toBeGreaterThan(20);
    expect(await mistakes(chaos)).toEqual([]);
    await chaos.world.advance(10_000);
    expect(leftovers(chaos)).toEqual([]);
  });
});
