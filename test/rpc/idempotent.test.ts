import { describe, expect, it } from "vitest";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { never, outcome } from "./line.ts";

/** Two providers and a client on one gateway; one provider takes calls and never answers. */
async function scene() {
  const world = new World({ seed: 4, link: { delay: [1, 5] } });
  const gateway = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const edge = (number: number) => startSimNode(world, number, { mode: "edge", bootstrap: [0] });
  const [silent, good, client] = [await edge(1), await edge(2), await edge(3)];
  await world.run(Promise.all([gateway, silent, good, client].map((node) => node.ready())));
  let taken = 0;
  const hang = (): Promise<never> => {
    taken += 1;
    return never();
  };
  await world.run(silent.register("work", hang));
  await world.run(good.register("work", () => "done"));
  const call = (idempotent: boolean): Promise<unknown> =>
    outcome(
      world,
      client.call("work", 1, { idempotent, selection: "round_robin", timeout: 8_000 }),
    );
  return { call, taken: () => taken };
}

describe("a call whose provider does not answer", () => {
  it("goes to another one where it may be executed twice", async () => {
    const { call, taken } = await scene();
    expect([await call(true), await call(true)]).toEqual(["done", "done"]);
    expect(taken()).toBe(1);
  });

  it("stays with it elsewise, and is executed by it once", async () => {
    const { call, taken } = await scene();
    const answers = [await call(false), await call(false)];
    expect(answers.sort()).toEqual(["done", "timeout"]);
    expect(taken()).toBe(1);
  });
});
