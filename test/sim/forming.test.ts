import { describe, expect, it } from "vitest";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

const BOOTSTRAP = 1;
const GATEWAY = 2;
const PROVIDER = 10;
const CLIENT = 11;

describe("edges that were there before anybody who passes on frames", () => {
  it.each([1, 2, 3, 4, 5])(
    "are reached soon after the first such node has come (seed %i)",
    async (seed) => {
      const world = new World({ seed, link: { delay: [1, 5] } });
      const core = { links: "auto", listen: true } as const;
      const edge = { mode: "edge", links: "auto", bootstrap: [BOOTSTRAP] } as const;
      await startSimNode(world, BOOTSTRAP, { ...core, mode: "bootstrap" });
      const provider = await startSimNode(world, PROVIDER, edge);
      const client = await startSimNode(world, CLIENT, edge);
      await world.run(provider.register("echo", (args) => args));
      await world.advance(500);
      expect(provider.status().anchors).toEqual([]);

      const options = { ...core, mode: "gateway", bootstrap: [BOOTSTRAP] } as const;
      const gateway = await startSimNode(world, GATEWAY, options);
      await world.run(gateway.ready());
      await world.advance(3_000);
      expect(provider.status().anchors).toEqual([gateway.id]);
      expect(await world.run(client.call("echo", 1))).toBe(1);
    },
  );
});
