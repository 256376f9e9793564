import { compareDistance, idText, type Key, type NodeId, toNodeId } from "../base/id.ts";
import { CAREFUL, Lookup, type LookupLimits } from "../dht/lookup.ts";
import { estimateSize, medianSize, Region } from "../dht/region.ts";
import { ContactTable } from "../routing/contact-table.ts";
import type { SeededRandom } from "./random.ts";

/** One node of a model: what it knows, what it holds, and whether it lies. */
export interface ModelNode {
  readonly id: NodeId;
  readonly addresses: readonly never[];
  readonly seq: number;
  readonly isHostile: boolean;
  readonly table: ContactTable<ModelNode>;
  /** Keys of which it holds the record. */
  readonly holds: Set<string>;
}

/** What one search in a model came to. */
export interface ModelResult {
  readonly found: boolean;
  readonly asked: number;
}

/** Contacts in one answer: the k of Kademlia. */
const CONTACTS = 20;

/** Contacts by chance that the walks through a crowded region start from. */
const STARTS = 8;

/** Nodes each node meets by chance beside those nearest to it, before its buckets are full. */
const MET = 400;

/**
 * A settled mesh without time and without wires, for questions that need tens of thousands of lookups: the real
 * contact table, lookup and region, and nodes that answer at once. Hostile ones work together: they hold nothing and
 * name those of them that are nearest to what is asked for.
 */
export class ModelMesh {
  readonly nodes: ModelNode[];
  readonly #hostile: ModelNode[];
  readonly #random: SeededRandom;
  /** What holds for every search; `undefined` where each does as that of a node. */
  readonly #limits: Partial<LookupLimits> | undefined;

  constructor(options: {
    readonly honest: number;
    /** Ids of the hostile nodes. */
    readonly hostile: readonly NodeId[];
    readonly random: SeededRandom;
    /** For every search; as nodes do it when left out. */
    readonly limits?: Partial<LookupLimits> | undefined;
  }) {
    this.#random = options.random;
    this.#limits = options.limits;
    const honest = Array.from({ length: options.honest }, () => newNode(this.#newId(), false));
    this.#hostile = options.hostile.map((id) => newNode(id, true));
    this.nodes = [...honest, ...this.#hostile];
    this.#fillTables();
  }

  /** A node that does not lie, by chance. */
  anyHonest(): ModelNode {
    for (;;) {
      const node = this.nodes[this.#random.below(this.nodes.length)] as ModelNode;
      if (!node.isHostile) return node;
    }
  }

  /** Stores a record the way a provider does; the number of nodes asked. */
  store(from: ModelNode, key: Key): number {
    const first = this.#search(from, key, () => false, CAREFUL);
    const holders = new Set(first.closest);
    let { asked } = first;
    for (const point of this.#points(from, key, first.closest)) {
      const more = this.#search(from, point, () => false, CAREFUL, true);
      for (const node of more.closest) holders.add(node);
      asked += more.asked;
    }
    for (const holder of holders) if (!holder.isHostile) holder.holds.add(idText(key));
    return asked;
  }

  /** Looks for a record the way a caller does. */
  find(from: ModelNode, key: Key): ModelResult {
    const text = idText(key);
    const holds = (node: ModelNode): boolean => node.holds.has(text);
    let { asked, found, closest } = this.#search(from, key, holds, {});
    if (!found && this.#limits === undefined) {
      const again = this.#search(from, key, holds, CAREFUL);
      ({ found, closest } = again);
      asked += again.asked;
    }
    if (found) return { found, asked };
    for (const point of this.#points(from, key, closest)) {
      const more = this.#search(from, point, holds, CAREFUL, true);
      asked += more.asked;
      if (more.found) return { found: true, asked };
    }
    return { found: false, asked };
  }

  #points(from: ModelNode, key: Key, closest: readonly ModelNode[]): Key[] {
    const around = estimateSize(from.id, from.table.closest(from.id, CONTACTS));
    if (around === undefined || !new Region(key, around).isCrowded(closest)) return [];
    const elsewhere = [this.#newId(), this.#newId()].map((point) =>
      estimateSize(point, this.#search(from, point, () => false, CAREFUL, true).closest),
    );
    return new Region(key, medianSize([around, ...elsewhere]) ?? around).points();
  }

  #search(
    from: ModelNode,
    target: Key,
    isEnough: (node: ModelNode) => boolean,
    usual: Partial<LookupLimits>,
    isScattered = false,
  ): { readonly closest: readonly ModelNode[]; readonly found: boolean; readonly asked: number } {
    const seeds = from.table.closest(target, CONTACTS);
    const starts = isScattered ? from.table.sample(STARTS, this.#random) : [];
    const lookup = new Lookup<ModelNode>(target, from.id, seeds, this.#limits ?? usual, starts);
    const open: ModelNode[] = [];
    for (;;) {
      const step = lookup.next();
      if (step.kind === "done") return { closest: step.closest, found: false, asked: lookup.asked };
      if (step.kind === "ask") {
        open.push(step.contact);
        continue;
      }
      // Who answers first is chance.
      const [node] = open.splice(this.#random.below(open.length), 1) as [ModelNode];
      if (!node.isHostile && isEnough(node))
        return { closest: [], found: true, asked: lookup.asked };
      lookup.answered(node.id, this.#answer(node, target));
    }
  }

  #answer(node: ModelNode, target: Key): ModelNode[] {
    if (!node.isHostile) return node.table.closest(target, CONTACTS);
    return nearestOf(this.#hostile, target);
  }

  #newId(): NodeId {
    return toNodeId(this.#random.bytes(32));
  }

  /** Each node knows those nearest to it, as after a search for its own id, and others by chance. */
  #fillTables(): void {
    const sorted = [...this.nodes].sort((a, b) => compareDistance(ZERO, a.id, b.id));
    for (const [at, node] of sorted.entries()) {
      // Those that share the longest prefixes stand beside it in this order.
      for (const near of sorted.slice(Math.max(0, at - 40), at + 41)) node.table.verified(near, 0);
      for (let met = 0; met < MET; met++) {
        const other = this.nodes[this.#random.below(this.nodes.length)] as ModelNode;
        node.table.verified(other, 0);
      }
    }
  }
}

const ZERO = new Uint8Array(32);

function newNode(id: NodeId, isHostile: boolean): ModelNode {
  const table = new ContactTable<ModelNode>(id);
  return { id, addresses: [], seq: 1, isHostile, table, holds: new Set() };
}

/** The nearest 20 of many, without sorting all of them. */
function nearestOf(nodes: readonly ModelNode[], target: Key): ModelNode[] {
  const best: ModelNode[] = [];
  for (const node of nodes) {
    const last = best.at(-1);
    if (best.length === CONTACTS && last && compareDistance(target, node.id, last.id) >= 0)
      continue;
    const at = best.findIndex((it) => compareDistance(target, node.id, it.id) < 0);
    best.splice(at < 0 ? best.length : at, 0, node);
    if (best.length > CONTACTS) best.pop();
  }
  return best;
}
