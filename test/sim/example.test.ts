import { describe, expect, it } from "vitest";
import { startSimNode, World } from "../../src/sim/index.ts";

describe("the till", () => {
  it.each([1, 2, 3])("sells while a gateway dies and a line is cut, seed %i", async (seed) => {
    const world = new World({ seed, link: { delay: [5, 80], loss: 0.02 } });
    const gateway = { mode: "gateway", listen: true, links: "auto" } as const;
    const edge = { mode: "edge", links: "auto", bootstrap: [0, 1] } as const;
    const first = await startSimNode(world, 0, { ...gateway, bootstrap: [1] });
    const second = await startSimNode(world, 1, { ...gateway, bootstrap: [0] });
    const shop = await startSimNode(world, 2, edge);
    const till = await startSimNode(world, 3, edge);
    await world.run(Promise.all([first, second, shop, till].map((node) => node.ready())));

    const orders: unknown[] = [];
    await world.run(shop.register("shop.sell", (order) => orders.push(order)));
    const sell = (item: string) => world.run(till.call("shop.sell", { item }));
    expect(await sell("apple")).toBe(1);

    // One gateway is gone from one moment to the next. After five seconds both edges have noticed.
    world.crash(0);
    await world.advance(5_000);
    expect(await sell("pear")).toBe(2);

    // The shop is cut off: the call fails by its deadline, and nothing is sold.
    world.network.conditions.partition([[world.ip(2)], [world.ip(1), world.ip(3)]]);
    await expect(sell("plum")).rejects.toMatchObject({ name: "MeshError" });

    // What is under way to it is good for a second after that. Then the line is whole again.
    await world.advance(1_000);
    world.network.conditions.healAll();
    // Ten minutes take no longer than what happens in them.
    await world.advance(600_000);
    expect(await sell("fig")).toBe(3);
    expect(orders).toEqual([{ item: "apple" }, { item: "pear" }, { item: "fig" }]);
  });
});
