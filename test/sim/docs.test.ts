import { expect, it } from "vitest";
import { startSimNode, World } from "../../src/sim/index.ts";

// The program of docs/simulation.md.
it("the example of the simulation page does what it says", async () => {
  const world = new World({ seed: 7, link: { delay: [5, 80], loss: 0.02 } });
  const gateway = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const edge = await startSimNode(world, 1, { mode: "edge", bootstrap: [0] });

  await world.run(edge.ready());
  await world.run(gateway.register("echo", (value) => value));
  const answer = await world.run(edge.call("echo", 42), { within: 60_000 });

  expect(answer).toBe(42);
});
