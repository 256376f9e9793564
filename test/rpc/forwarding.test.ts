import { describe, expect, it } from "vitest";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { settled } from "./line.ts";

/** A provider behind a gateway that passes on 20 kB a second for each neighbour, and two callers. */
async function scene() {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const forwarding = { perNeighbour: 20_000 };
  const gateway = await startSimNode(world, 0, { mode: "gateway", listen: true, forwarding });
  const edge = (number: number) => startSimNode(world, number, { mode: "edge", bootstrap: [0] });
  const [provider, greedy, modest] = [await edge(1), await edge(2), await edge(3)];
  await world.run(Promise.all([provider, greedy, modest].map((node) => node.ready())));
  await world.run(provider.register("length", (text) => String(text).length));
  return { world, gateway, greedy, modest };
}

describe("a gateway with a quota for what it passes on", () => {
  it("tells a neighbour that takes more that it is overloaded, and serves the others", async () => {
    const { world, gateway, greedy, modest } = await scene();
    const call = (text: string) => settled(greedy.call("length", text, { timeout: 2_000 }));
    const large = "x".repeat(10_000);
    const results = await world.run(Promise.all(Array.from({ length: 20 }, () => call(large))));
    const answered = results.filter((result) => result === 10_000);
    expect(answered.length).toBeGreaterThanOrEqual(2);
    expect(answered.length).toBeLessThan(10);
    expect(results.filter((result) => result === "overloaded").length).toBeGreaterThan(10);
    expect(await world.run(modest.call("length", "four"))).toBe(4);
    expect(gateway.status().counters.frames_over_quota).toBeGreaterThan(10);
    await world.advance(10_000);
    expect(await world.run(call("again"))).toBe(5);
  });
});
