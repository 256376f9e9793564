import { BoundedMap } from "../base/bounded.ts";
import { compareDistance, compareIds, idText, type NodeId } from "../base/id.ts";
import type { Random } from "../base/ports.ts";
import type { Provider } from "../dht/registry.ts";
import type { LinkTable } from "../peer/link-table.ts";

/**
 * How one of several providers is chosen. `random`: any of them. `round_robin`: each in its turn. `first`: always the
 * one with the lowest id, the others stand by. `closest`: one that is linked, the shortest round trip first,
 * else the least XOR distance. `least_loaded`: the one that has the fewest such calls of this node to answer.
 */
export type Selection = "random" | "round_robin" | "first" | "closest" | "least_loaded";

export const SELECTIONS: readonly Selection[] = [
  "random",
  "round_robin",
  "first",
  "closest",
  "least_loaded",
];

/** Procedures whose turn is remembered; the one called longest ago begins anew. */
const TURNS_MAX = 4_096;

/** Chooses providers. */
export class Selector {
  readonly #self: NodeId;
  readonly #random: Random;
  readonly #table: LinkTable;
  readonly #turns = new BoundedMap<string, number>(TURNS_MAX);
  /** Calls under way by provider. Bounded by the calls that wait. */
  readonly #loads = new Map<string, number>();

  constructor(self: NodeId, random: Random, table: LinkTable) {
    this.#self = self;
    this.#random = random;
    this.#table = table;
  }

  /** One of `providers`; `undefined` where there is none. */
  choose(
    procedure: string,
    providers: readonly Provider[],
    selection: Selection,
  ): Provider | undefined {
    if (providers.length < 2) return providers[0];
    switch (selection) {
      case "random":
        return providers[this.#random.below(providers.length)];
      case "round_robin":
        return this.#inTurn(procedure, providers);
      case "first":
        return [...providers].sort((a, b) => compareIds(a.id, b.id))[0];
      case "closest":
        return [...providers].sort((a, b) => this.#compareNearness(a, b))[0];
      case "least_loaded":
        return this.#leastLoaded(providers);
    }
  }

  /** A call chosen as `least_loaded` has left for the provider. Returns what to call when it is over. */
  loaded(id: NodeId): () => void {
    const key = idText(id);
    this.#loads.set(key, (this.#loads.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#loads.get(key) ?? 0) - 1;
      if (left > 0) this.#loads.set(key, left);
      else this.#loads.delete(key);
    };
  }

  #inTurn(procedure: string, providers: readonly Provider[]): Provider | undefined {
    const turn = this.#turns.get(procedure) ?? this.#random.below(providers.length);
    this.#turns.set(procedure, turn + 1);
    const sorted = [...providers].sort((a, b) => compareIds(a.id, b.id));
    return sorted[turn % sorted.length];
  }

  #compareNearness(a: Provider, b: Provider): number {
    const [first, second] = [this.#roundTrip(a), this.#roundTrip(b)];
    return first === second ? compareDistance(this.#self, a.id, b.id) : first - second;
  }

  /** Of a linked node, as far as measured; beyond all others where there is no link. */
  #roundTrip({ id }: Provider): number {
    const link = this.#table.to(id);
    return link === undefined ? Number.MAX_VALUE : (link.liveness.roundTrip ?? 0);
  }

  #leastLoaded(providers: readonly Provider[]): Provider | undefined {
    const loadOf = ({ id }: Provider): number => this.#loads.get(idText(id)) ?? 0;
    const least = Math.min(...providers.map(loadOf));
    const idlest = providers.filter((provider) => loadOf(provider) === least);
    return idlest[this.#random.below(idlest.length)];
  }
}
