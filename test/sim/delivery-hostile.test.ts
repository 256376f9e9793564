import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { sameId, toNodeId } from "../../src/base/id.ts";
import { distancesFrom, neighboursIn } from "../../src/sim/graph.ts";
import { type OverlayGraph, overlayGraph } from "../../src/sim/overlay-graph.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { RouteMesh } from "../../src/sim/route-mesh.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { RouteView } from "../../src/wire/route-frame.ts";

const NODES = 200;
const CALLS = 150;
const SEEDS = [1, 2, 3, 4];
const HOPS = 10;
const TIMEOUT = 10_000;

/** What a hostile hop makes of a call or reply of others that it should pass on. */
type Mischief = (frame: Bytes, random: SeededRandom) => readonly Bytes[];

const isCallOrReply = (type: number): boolean => type === TYPE.call || type === TYPE.reply;

/** A settled overlay in which three of ten nodes are hostile to the calls of others. */
class HostileMesh {
  readonly mesh: RouteMesh;
  readonly #graph: OverlayGraph;
  readonly #hostile = new Set<number>();
  readonly #random: SeededRandom;
  readonly #view = new RouteView();

  constructor(seed: number, mischief: Mischief) {
    const ids = Array.from({ length: NODES }, (_, number) =>
      toNodeId(new SeededRandom(seed, number * 2 + 2).bytes(32)),
    );
    this.#random = new SeededRandom(seed, 0xbad);
    this.#graph = overlayGraph(ids, NODES / 5, "nearest", this.#random);
    const { isGateway, anchors } = this.#graph;
    this.mesh = new RouteMesh({ seed, graph: this.#graph, isTransit: isGateway, anchors });
    while (this.#hostile.size < NODES * 0.3) this.#hostile.add(this.#random.below(NODES));
    this.mesh.tamper = (from, frame) =>
      this.#hostile.has(from) && this.#isForeign(from, frame)
        ? mischief(frame, this.#random)
        : [frame];
  }

  /** Calls between honest nodes which an honest way lies between; the share that was answered. */
  async calls(): Promise<number> {
    const linked = neighboursIn(this.#graph);
    const passes = (node: number): boolean =>
      this.#graph.isGateway(node) && !this.#hostile.has(node);
    const work: Promise<unknown>[] = [];
    while (work.length < CALLS) {
      const [from, to] = [this.#random.below(NODES), this.#random.below(NODES)];
      if (from === to || this.#hostile.has(from) || this.#hostile.has(to)) continue;
      if ((distancesFrom(linked, from, passes)[to] as number) - 1 > HOPS) continue;
      work.push(this.mesh.call(from, to, String(work.length), TIMEOUT, HOPS));
    }
    const results = await this.mesh.run(Promise.all(work));
    return results.filter((result) => typeof result === "number").length / CALLS;
  }

  /** Executions of calls that were made, by how often; `others` of calls that nobody made. */
  executions(): { twice: number; others: number } {
    const counts = [...this.mesh.executions];
    const isOwn = (tag: string): boolean => /^\d+$/.test(tag) && Number(tag) < CALLS;
    return {
      twice: counts.filter(([, count]) => count > 1).length,
      others: counts.filter(([tag]) => !isOwn(tag)).length,
    };
  }

  #isForeign(from: number, frame: Bytes): boolean {
    if (frame[1] !== TYPE.rpcRoute) return false;
    this.#view.read(frame, 0, frame.length);
    const { payloadType, source } = this.#view;
    const self = this.mesh.nodes[from]?.context.self;
    return isCallOrReply(payloadType) && self !== undefined && !sameId(source, self);
  }
}

/** A copy of the frame with one bit flipped, anywhere behind its first header. */
function flipped(frame: Bytes, random: SeededRandom): Bytes {
  const copy = frame.slice();
  const at = 8 + random.below(frame.length - 8);
  copy[at] = (copy[at] as number) ^ (1 << random.below(8));
  return copy;
}

/** A frame that was passed on before, in place of this one. */
function swapped(): Mischief {
  let last: Bytes | undefined;
  return (frame) => {
    const before = last ?? frame;
    last = frame;
    return [before];
  };
}

describe("with three of ten nodes hostile a call gets there all the same, once", () => {
  const mischiefs: readonly (readonly [string, () => Mischief, number])[] = [
    ["drop what they have taken", () => () => [], 0.97],
    ["flip a bit", () => (frame, random) => [flipped(frame, random)], 0.97],
    ["send it three times", () => (frame) => [frame, frame.slice(), frame.slice()], 1],
    ["send an older one in its place", swapped, 0.97],
  ];

  it.each(mischiefs)("which %s", async (_, mischief, share) => {
    let answered = 0;
    for (const seed of SEEDS) {
      const hostile = new HostileMesh(seed, mischief());
      answered += await hostile.calls();
      expect(hostile.executions()).toEqual({ twice: 0, others: 0 });
    }
    expect(answered / SEEDS.length).toBeGreaterThanOrEqual(share);
  });
});
