import { MeshError } from "../../base/errors.ts";
import { type Key, type NodeId, toNodeId } from "../../base/id.ts";
import { intervalOf } from "../interval.ts";
import { ModelMesh } from "../model-mesh.ts";
import { SeededRandom } from "../random.ts";
import { Trace } from "../trace.ts";
import type { ScenarioOptions, ScenarioReport } from "./scenario.ts";

/** Lookups of one record by one mesh: each record is stored once and looked for by so many. */
const READERS = 10;

/** Meshes built for each strength of an attack. */
const MESHES = 4;

/** Bytes that ids ground for a key have in common with it: more than any of 100,000 honest ones. */
const GROUND_BYTES = 3;

/** What happened under one strength of the attack. */
export interface AttackResult {
  /** Hostile nodes: their share of all, or how many there are at the key. */
  readonly hostile: number;
  readonly trials: number;
  readonly found: number;
  readonly success: number;
  /** Where the true share lies with 95 % confidence (Wilson, 1927). */
  readonly interval: readonly [number, number];
  /** What is asked for. */
  readonly gate: number;
  /** Nodes asked: mean of one lookup, and of one store. */
  readonly askedByLookup: number;
  readonly askedByStore: number;
}

export interface AttackReport extends ScenarioReport {
  /** Disjoint paths of every lookup, where that was said. */
  readonly paths?: number;
  readonly results: readonly AttackResult[];
}

/** Shares of hostile nodes with ids by chance, and the lookups that have to succeed all the same. */
const SYBILS: readonly (readonly [number, number])[] = [
  [0, 0.9999],
  [0.2, 0.999],
  [0.3, 0.995],
  [0.5, 0.95],
];

/** Ids ground to lie at one key, and the lookups of it that have to succeed. */
const GROUND: readonly (readonly [number, number])[] = [
  [0, 0.999],
  [20, 0.999],
  [50, 0.999],
];

/** A share of all nodes works together against lookups. 12,000 lookups where nothing else is said. */
export function sybil(options: ScenarioOptions): Promise<AttackReport> {
  return attack("sybil", options, SYBILS, (share, random) => {
    const count = Math.round(options.nodes * share);
    const hostile = Array.from({ length: count }, () => toNodeId(random.bytes(32)));
    return { honest: options.nodes - count, hostile, keyOf: () => random.bytes(32) };
  });
}

/** Somebody has made ids that lie nearer to some keys than those of all others. 12,000 lookups as well. */
export function groundIds(options: ScenarioOptions): Promise<AttackReport> {
  return attack("ground-ids", options, GROUND, (count, random) => {
    const key = random.bytes(32);
    const hostile = Array.from({ length: count }, () => startingLike(key, GROUND_BYTES, random));
    // Every key that begins like these ids is attacked by all of them.
    const keyOf = (): Key => startingLike(key, GROUND_BYTES + 2, random);
    return { honest: options.nodes, hostile, keyOf };
  });
}

/** One mesh under attack. */
interface Attack {
  readonly honest: number;
  readonly hostile: readonly NodeId[];
  /** The key of the next record. */
  readonly keyOf: () => Key;
}

async function attack(
  scenario: string,
  { nodes, seed, trials = 12_000, paths, progress }: ScenarioOptions,
  strengths: readonly (readonly [number, number])[],
  plan: (strength: number, random: SeededRandom) => Attack,
): Promise<AttackReport> {
  if (nodes < 100) throw new MeshError("bad_config", "a mesh to attack has 100 nodes or more");
  const trace = new Trace();
  const results: AttackResult[] = [];
  for (const [at, [hostile, gate]] of strengths.entries()) {
    const count = new Count();
    const each = Math.ceil(trials / strengths.length / MESHES);
    for (let mesh = 0; mesh < MESHES; mesh++) {
      const random = new SeededRandom(seed, 0x5eed + at * MESHES + mesh);
      attackOnce(plan(hostile, random), each, { random, paths }, count);
      trace.note(at, scenario, `${hostile} ${count.found} ${count.asked}`);
      progress?.(`${scenario}: ${count.found} of ${count.trials} found at ${hostile}`);
    }
    results.push({ hostile, gate, ...count.result() });
  }
  return {
    scenario,
    ok: results.every(({ success, gate }) => success >= gate),
    nodes,
    seed,
    ...(paths === undefined ? {} : { paths }),
    results,
    virtualMs: 0,
    events: trace.count,
    traceHash: trace.hash,
  };
}

/** Stores records in one mesh and looks for each of them from several nodes. */
function attackOnce(
  { honest, hostile, keyOf }: Attack,
  trials: number,
  { random, paths }: { readonly random: SeededRandom; readonly paths: number | undefined },
  count: Count,
): void {
  const limits = paths === undefined ? undefined : { paths };
  const mesh = new ModelMesh({ honest, hostile, random, limits });
  for (let done = 0; done < trials; ) {
    const key = keyOf();
    count.stores += 1;
    count.askedByStore += mesh.store(mesh.anyHonest(), key);
    for (let reader = 0; reader < READERS && done < trials; reader++) {
      const { found, asked } = mesh.find(mesh.anyHonest(), key);
      done += 1;
      count.trials += 1;
      count.asked += asked;
      if (found) count.found += 1;
    }
  }
}

class Count {
  trials = 0;
  found = 0;
  asked = 0;
  stores = 0;
  askedByStore = 0;

  result(): Omit<AttackResult, "hostile" | "gate"> {
    const { trials, found } = this;
    return {
      trials,
      found,
      success: found / trials,
      interval: intervalOf(found, trials),
      askedByLookup: this.asked / trials,
      askedByStore: this.askedByStore / this.stores,
    };
  }
}

/** An id by chance behind the first `count` bytes of `key`. */
function startingLike(key: Key, count: number, random: SeededRandom): NodeId {
  const id = random.bytes(32);
  id.set(key.subarray(0, count));
  return toNodeId(id);
}
