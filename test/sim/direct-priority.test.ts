import { describe, expect, it } from "vitest";
import { PUNCHES_MAX } from "../../src/nat/punch-table.ts";
import { CALLER, DirectMesh, type Side } from "./direct-mesh.ts";

const ONLY_DIRECT = { routingStrategy: "direct_only" } as const;

describe("a call that goes over a direct link or not at all", () => {
  it.each([
    ["none", "none"],
    ["restricted", "port_restricted"],
    ["symmetric", "restricted"],
  ] as const)("waits for the link that a probe is opening, %s to %s", async (a: Side, b: Side) => {
    const mesh = await DirectMesh.start(a, b);
    expect((await mesh.call("begins a probe")).error).toBeUndefined();
    expect(mesh.caller.status().counters.direct_probes).toBe(1);
    const { error, strategy } = await mesh.call("needs the link", ONLY_DIRECT);
    expect([error, strategy]).toEqual([undefined, "direct"]);
    expect(mesh.caller.status().counters.direct_probes).toBe(1);
  });

  it("finds room for its link however many probes are under way", async () => {
    const mesh = await DirectMesh.start("none", "none");
    const { world, caller } = mesh;
    const procedures: string[] = [];
    for (let number = 100; number < 100 + PUNCHES_MAX + 2; number++) {
      const { conditions } = world.network;
      conditions.cutOneWay(world.ip(CALLER), world.ip(number));
      conditions.cutOneWay(world.ip(number), world.ip(CALLER));
      await mesh.addProvider(number, `procedure ${number}`);
      procedures.push(`procedure ${number}`);
    }
    await world.run(Promise.all(procedures.map((procedure) => caller.call(procedure))));
    expect(caller.status().bounds.punches?.used).toBeGreaterThan(PUNCHES_MAX / 2);
    expect((await mesh.call("now", ONLY_DIRECT)).error).toBeUndefined();
    expect(caller.status().bounds.punches?.used).toBeGreaterThan(PUNCHES_MAX / 2);
  });
});
