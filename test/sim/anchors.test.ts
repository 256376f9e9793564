import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

const GATEWAYS = [1, 2, 3, 4, 5, 6];
const EDGE = 20;

interface Scene {
  readonly world: World;
  readonly edge: MeshNode;
  /** The node number of one of its anchors, and its hexadecimal id. */
  readonly anchor: number;
  readonly id: string;
}

/** An edge with four anchors of six gateways that know each other. */
async function scene(seed: number): Promise<Scene> {
  const world = new World({ seed, link: { delay: [10, 10] } });
  const gateways = new Map<string, number>();
  for (const number of GATEWAYS) {
    const bootstrap = GATEWAYS.filter((other) => other < number);
    const options = { mode: "gateway", listen: true, links: "auto", bootstrap } as const;
    const gateway = await startSimNode(world, number, options);
    await world.run(gateway.ready());
    gateways.set(gateway.id, number);
  }
  const edge = await startSimNode(world, EDGE, { mode: "edge", links: "auto", bootstrap: [1, 2] });
  await world.run(edge.ready());
  await world.advance(10_000);
  const [id = ""] = edge.status().anchors;
  return { world, edge, id, anchor: gateways.get(id) as number };
}

/** Milliseconds until `isSo`, looked at every 10 ms; as good as never where that is not within 10 s. */
async function until(world: World, isSo: () => boolean): Promise<number> {
  const from = world.clock.now();
  while (!isSo() && world.clock.now() < from + 10_000) await world.advance(10);
  return world.clock.now() - from;
}

const linksTo = ({ edge }: Scene, id: string): boolean =>
  edge.status().links.some(({ node }) => node === id);

describe("an edge whose anchor dies", () => {
  it.each([1, 2, 3, 4, 5])(
    "has another one before it gives that one up (seed %i)",
    async (seed) => {
      const it = await scene(seed);
      expect(it.edge.status().anchors).toHaveLength(4);
      it.world.crash(it.anchor);
      const others = (): number =>
        it.edge.status().links.filter(({ node }) => node !== it.id).length;
      const replaced = await until(it.world, () => others() >= 4);
      const given = replaced + (await until(it.world, () => !linksTo(it, it.id)));
      expect(replaced).toBeLessThan(given);
      expect(given).toBeLessThanOrEqual(3_000);
      await it.world.advance(500);
      expect(it.edge.status().anchors).toHaveLength(4);
      expect(it.edge.status().anchors).not.toContain(it.id);
    },
  );
});

describe("an edge whose anchor was only slow", () => {
  it("keeps it, and lets go of the one that was to replace it", async () => {
    const it = await scene(1);
    const { world, edge } = it;
    const before = edge.status().anchors;
    const ips = [world.ip(it.anchor), world.ip(EDGE)] as const;
    world.network.conditions.cutOneWay(...ips);
    await until(world, () => edge.status().links.length > 4);
    world.network.conditions.healOneWay(...ips);
    expect(edge.status().links).toHaveLength(5);
    await world.advance(60_000);
    expect(edge.status().anchors).toEqual(before);
    expect(edge.status().links).toHaveLength(4);
  });
});
