import type { NodeId } from "../../src/base/id.ts";
import { SeenRequests } from "../../src/routing/discovery.ts";
import type { RouteRequest } from "../../src/wire/route-control.ts";

interface Flying {
  readonly from: number;
  readonly to: number;
  readonly message: RouteRequest;
}

/** A route request spreading over a graph whose links deliver in an order of the test's choosing. */
export class Flood {
  /** Forwarders passed by the best answered request; Infinity while there is none. */
  reached: number = Number.POSITIVE_INFINITY;
  readonly #linked: readonly (readonly number[])[];
  readonly #judges: readonly SeenRequests[];
  readonly #flying: Flying[] = [];

  /** Node 0 asks for the last one; `linked` holds the neighbours of each node. */
  constructor(linked: readonly (readonly number[])[], ids: readonly NodeId[], asked: RouteRequest) {
    this.#linked = linked;
    this.#judges = ids.map((id) => new SeenRequests({ self: id, transit: true }));
    this.#leave(0, asked);
  }

  /** Delivers everything; `pick` chooses which of so many is next. */
  run(pick: (count: number) => number): void {
    while (this.#flying.length > 0) {
      const [next] = this.#flying.splice(pick(this.#flying.length), 1);
      if (next) this.#arrive(next);
    }
  }

  #arrive({ from, to, message }: Flying): void {
    const judged = this.#judges[to]?.judge(message, from + 1);
    if (judged?.kind === "answer") this.reached = Math.min(this.reached, message.labels.length);
    if (judged?.kind === "spread") this.#leave(to, judged.request);
  }

  #leave(node: number, message: RouteRequest): void {
    const target = this.#linked.length - 1;
    const links = this.#linked[node] ?? [];
    const spread = message.hopsLeft > 0 ? links : [];
    for (const to of links.includes(target) ? [target] : spread) {
      this.#flying.push({ from: node, to, message });
    }
  }
}

/** Neighbours of each of `size` nodes; edges that lead outside or nowhere are bent or left out. */
export function graphOf(size: number, edges: readonly (readonly [number, number])[]): number[][] {
  const linked: Set<number>[] = Array.from({ length: size }, () => new Set());
  for (const [from, to] of edges) {
    const [a, b] = [from % size, to % size];
    if (a !== b) linked[a]?.add(b);
    if (a !== b) linked[b]?.add(a);
  }
  return linked.map((neighbours) => [...neighbours]);
}

/** Links from the first node to the last one on the shortest way; Infinity where there is none. */
export function shortestWay(linked: readonly (readonly number[])[]): number {
  const steps = new Map([[0, 0]]);
  for (const [node, far] of steps) {
    for (const next of linked[node] ?? []) if (!steps.has(next)) steps.set(next, far + 1);
  }
  return steps.get(linked.length - 1) ?? Number.POSITIVE_INFINITY;
}
