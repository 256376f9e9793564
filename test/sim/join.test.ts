import { describe, expect, it } from "vitest";
import { bucketIndex, type NodeId, parseNodeId } from "../../src/base/id.ts";
import { Population } from "../../src/sim/population.ts";
import { join } from "../../src/sim/scenarios/join.ts";
import { World } from "../../src/sim/world.ts";

describe("nodes that know one bootstrap node", () => {
  it.each([1, 2, 3])("find their places and each other's procedures, seed %i", async (seed) => {
    const report = await join({ nodes: 60, seed });
    expect(report).toMatchObject({ ok: true, lookups: 600, found: 600 });
    expect(report.contacts.min).toBeGreaterThan(1);
    expect(report.steps.p99).toBeLessThanOrEqual(4);
    expect(report.gatewayLinks.max).toBeLessThanOrEqual(70);
    expect(report.edgeLinks.max).toBeLessThanOrEqual(6);
  });

  it("do the same from the same seed", async () => {
    const [first, second, other] = [
      await join({ nodes: 30, seed: 1 }),
      await join({ nodes: 30, seed: 1 }),
      await join({ nodes: 30, seed: 2 }),
    ];
    expect(second).toEqual(first);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  it("are ten or more", async () => {
    await expect(join({ nodes: 9, seed: 1 })).rejects.toMatchObject({ code: "bad_config" });
  });
});

/** Buckets of `self`, of those that `others` stand in, that none of `linked` stands in. */
function emptyBuckets(self: NodeId, others: readonly NodeId[], linked: readonly NodeId[]): number {
  const bucketsOf = (ids: readonly NodeId[]) => new Set(ids.map((id) => bucketIndex(self, id)));
  const reached = bucketsOf(linked);
  return [...bucketsOf(others)].filter((bucket) => !reached.has(bucket)).length;
}

describe("gateways that all start at once", () => {
  it.each([1, 2, 3, 5])(
    "are linked into every bucket that somebody is in, seed %i",
    async (seed) => {
      const world = new World({ seed, link: { delay: [1, 5] } });
      const population = new Population(world, { nodes: 30, gatewaysOfTen: 10, gap: 0 });
      await population.start();
      await population.ready();
      await world.advance(10_000);
      // The bootstrap node carries nothing: nobody has to be linked to it, nor it to anybody.
      const gateways = population.members.slice(1).map(({ node }) => node);
      const ids = gateways.map(({ id }) => parseNodeId(id));
      for (const [at, gateway] of gateways.entries()) {
        const self = ids[at] as NodeId;
        const others = ids.filter((id) => id !== self);
        const linked = gateway.status().links.map(({ node }) => parseNodeId(node));
        expect(emptyBuckets(self, others, linked)).toBe(0);
      }
    },
  );
});
