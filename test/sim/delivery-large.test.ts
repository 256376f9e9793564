import { afterEach, describe, expect, it, vi } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { Link } from "../../src/peer/link.ts";
import { SEARCH_BUDGET } from "../../src/routing/deflector.ts";
import { distancesFrom, neighboursIn, type Shape, shapedGraph } from "../../src/sim/graph.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { RouteMesh } from "../../src/sim/route-mesh.ts";
import { RouteView } from "../../src/wire/route-frame.ts";

const HOPS = 10;

const SHAPES: readonly Shape[] = [
  "line",
  "ring",
  "star",
  "tree",
  "grid",
  "bridge",
  "scale-free",
  "random",
];

/** Counts how often each message and each attempt at it is sent. */
function countTransmissions(): Map<string, number> {
  vi.restoreAllMocks();
  const counts = new Map<string, number>();
  const view = new RouteView();
  const send = Link.prototype.sendRouted;
  vi.spyOn(Link.prototype, "sendRouted").mockImplementation(function (
    this: Link,
    bytes,
    start,
    end,
    ...rest
  ) {
    view.read(bytes, start, end);
    const id = toHex(view.messageId);
    counts.set(id, (counts.get(id) ?? 0) + 1);
    return send.call(this, bytes, start, end, ...rest);
  });
  return counts;
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Calls between nodes by chance; those that did not come to what they had to. */
async function check(shape: Shape, size: number, seed: number, edgeOf: number): Promise<void> {
  const graph = shapedGraph(shape, size, seed);
  const linked = neighboursIn(graph);
  const isTransit = (node: number): boolean => node % edgeOf !== edgeOf - 1;
  const transmissions = countTransmissions();
  const mesh = new RouteMesh({ seed, graph, isTransit });
  const random = new SeededRandom(seed, 0x5151);
  const wrong: unknown[] = [];
  for (let call = 0; call < 40; call++) {
    const from = random.below(size);
    const to = (from + 1 + random.below(size - 1)) % size;
    const hops = (distancesFrom(linked, from, isTransit)[to] as number) - 1;
    const tag = `${call}: ${from}-${to} over ${hops}`;
    const answer = await mesh.run(mesh.call(from, to, tag, 10_000, HOPS));
    const executed = mesh.executions.get(tag) ?? 0;
    const isRight = hops <= HOPS ? executed === 1 && Number(answer) >= hops : isFailure(answer);
    if (!isRight || executed > 1) wrong.push({ tag, answer, executed });
  }
  expect({ shape, size, seed, wrong }).toEqual({ shape, size, seed, wrong: [] });
  expect(Math.max(...transmissions.values())).toBeLessThanOrEqual(HOPS + SEARCH_BUDGET);
}

function isFailure(answer: unknown): boolean {
  return answer === "max_hops_exceeded" || answer === "no_route";
}

describe("in larger graphs a call is delivered exactly where it may be, and once", () => {
  it.each(SHAPES)("%s", async (shape) => {
    for (const [at, size] of [16, 50, 120, 200].entries()) {
      await check(shape, size, 700 + at, Number.POSITIVE_INFINITY);
    }
  });

  it.each(SHAPES)("%s, where some nodes carry nothing for others", async (shape) => {
    for (const [at, size] of [16, 50, 120].entries()) await check(shape, size, 800 + at, 5);
  });
});

it("a way that was found on detours gives way to the shortest one, once it is used again", async () => {
  const graph = shapedGraph("grid", 64, 5);
  const linked = neighboursIn(graph);
  const mesh = new RouteMesh({ seed: 5, graph });
  const random = new SeededRandom(5, 9);
  let improved = 0;
  for (let pair = 0; pair < 40; pair++) {
    const from = random.below(64);
    const to = (from + 1 + random.below(63)) % 64;
    const hops = (distancesFrom(linked, from)[to] as number) - 1;
    if (hops > HOPS) continue;
    const calls: unknown[] = [];
    for (let call = 0; call < 3; call++) {
      calls.push(await mesh.run(mesh.call(from, to, `${pair}: ${call}`, 5_000, HOPS)));
      await mesh.clock.advance(2_000);
    }
    if (Number(calls[0]) > hops) improved += 1;
    expect({ from, to, last: calls[2] }).toEqual({ from, to, last: hops });
  }
  expect(improved).toBeGreaterThan(3);
});
