import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import type { Nat } from "../../src/transport/memory/nat.ts";
import { settled } from "../rpc/line.ts";
import { CALLER, DirectMesh, PROVIDER } from "./direct-mesh.ts";

const counters = (node: MeshNode): Readonly<Record<string, number>> => node.status().counters;

/** What the caller has learned of the ways to the provider. */
function learned({ caller, provider }: DirectMesh) {
  return caller.status().routing.destinations.find(({ node }) => node === provider.id);
}

/** Calls that were executed twice, or not at all. */
function notOnce({ executed }: DirectMesh, values: readonly unknown[]): unknown[] {
  return values.filter((value) => executed.get(value) !== 1);
}

/** A pair with a shortcut between them. */
async function linked(options: Parameters<typeof DirectMesh.start>[2] = {}): Promise<DirectMesh> {
  const mesh = await DirectMesh.start("port_restricted", "port_restricted", options);
  await mesh.callFor(5_000);
  expect(mesh.link).toBe("shortcut");
  for (const node of [mesh.caller, mesh.provider]) {
    const direct = node.status().links.find(({ shortcut }) => shortcut);
    expect(direct?.mapping).toBe("stable"); // As the other one told.
  }
  // Two links of 5 ms each way against one: most calls save ten.
  const { directCalls, latencySaved } = mesh.caller.status().routing.gain;
  expect(directCalls).toBeGreaterThan(5);
  if (options.delay === undefined) expect(latencySaved / directCalls).toBeCloseTo(10, 0);
  return mesh;
}

describe("a pair of NATs that can't be punched", () => {
  it("stays routed, is left alone for half an hour, and says why", async () => {
    const mesh = await DirectMesh.start("symmetric", "port_restricted");
    expect(await mesh.callFor(25 * 60_000, 3_000)).toEqual([]);
    expect(learned(mesh)?.reason).toBe(
      "this node's NAT is symmetric, and the peer's lets in by port",
    );
    expect(counters(mesh.caller).punches_begun).toBe(2);
    const { routing } = await mesh.call("why");
    expect(routing).toEqual({ strategy: "multi_hop", reason: learned(mesh)?.reason });
    expect(mesh.caller.status().routing.mapping).toBe("unknown"); // Nobody was asked lately.
  });

  it("is told by who is called, where that one stands behind the symmetric one", async () => {
    const mesh = await DirectMesh.start("port_restricted", "symmetric");
    expect(await mesh.callFor(120_000, 2_000)).toEqual([]);
    expect(learned(mesh)?.reason).toMatch(/^the peer's NAT is symmetric/);
    expect(learned(mesh)?.mapping).toBe("varying");
  });

  it("sends no packet at all where both are symmetric", async () => {
    const mesh = await DirectMesh.start("symmetric", "symmetric");
    expect(await mesh.callFor(25 * 60_000, 3_000)).toEqual([]);
    expect(learned(mesh)?.reason).toBe("both ends stand behind symmetric NATs");
    expect(counters(mesh.caller)).toMatchObject({ punches_begun: 1, punches_failed: 1 });
    expect(counters(mesh.caller).knocks_sent).toBeUndefined();
    expect(counters(mesh.provider).knocks_sent).toBeUndefined();
  });
});

describe("two nodes behind one NAT", () => {
  it("meet in their own network, whatever the NAT", async () => {
    const mesh = await DirectMesh.start("none", "none", { shared: "symmetric" });
    expect(await mesh.callFor(5_000)).toEqual([]);
    expect(mesh.link).toBe("shortcut");
    const link = mesh.caller.status().links.find(({ node }) => node === mesh.provider.id);
    expect(link?.address.split(":")[0]).toBe(mesh.world.ip(PROVIDER));
  });
});

describe("a new link whose first packet is late", () => {
  it("is not judged by that one", async () => {
    const mesh = await DirectMesh.start("none", "none");
    const { world, caller, provider } = mesh;
    const { conditions } = world.network;
    caller.on("link", ({ node }) => {
      if (node === provider.id) conditions.dropNext(world.ip(CALLER), world.ip(PROVIDER), 1);
    });
    // Few and quick calls: a link is worth keeping only because it is quicker still.
    await mesh.callFor(4_000, 1_000);
    expect(mesh.link).toBe("shortcut");
    expect(learned(mesh)?.reason).toMatch(/^its round trip of .* is the shorter one$/);
  });
});

describe("when the direct path goes silent", () => {
  it("no call is lost, of those under way and of those that follow (10 seeds)", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const mesh = await linked({ seed });
      const { world, caller } = mesh;
      const values: string[] = [];
      const calls: Promise<unknown>[] = [];
      // One every 5 ms, for a second before the cut and three after it; none waits for longer than 2 s.
      for (let at = 0; at < 800; at++) {
        if (at === 200) mesh.cutDirectPath();
        values.push(`${seed} ${at}`);
        calls.push(settled(caller.call("echo", values.at(-1) as string, { timeout: 2_000 })));
        await world.advance(5);
      }
      const answers = await world.run(Promise.all(calls));
      expect(answers.filter((answer, at) => answer !== values[at])).toEqual([]);
      expect(notOnce(mesh, values)).toEqual([]);
    }
  });

  it("goes back to the mesh at once, and to a shortcut when it is there again", async () => {
    const mesh = await linked();
    mesh.cutDirectPath();
    expect(await mesh.callFor(20_000, 200, { timeout: 2_000 })).toEqual([]);
    expect(mesh.link).toBe("none");
    mesh.healDirectPath();
    expect(await mesh.callFor(400_000, 1_000)).toEqual([]);
    expect(mesh.link).toBe("shortcut");
  });

  it("does not doubt a link because a handler takes long", async () => {
    const mesh = await linked();
    const { world, caller, provider } = mesh;
    let times = 0;
    const slow = (): Promise<string> => {
      times += 1;
      return new Promise((resolve) => world.clock.timer(3_000, () => resolve("done")));
    };
    await world.run(provider.register("slow", slow));
    const { report } = await world.run(caller.explain("slow", null));
    expect([report.strategy, report.attempts.length, times]).toEqual(["direct", 1, 1]);
  });

  it("gives up on a path that loses too much, for five minutes", async () => {
    const mesh = await DirectMesh.start("none", "none");
    // Its shortcut is cut three times, each time under a call, before many went over it.
    for (let round = 0; round < 3; round++) {
      for (let time = 0; time < 20 && mesh.link === "none"; time++) await mesh.callFor(500);
      expect(mesh.link).toBe("shortcut");
      mesh.cutDirectPath();
      expect((await mesh.call(`round ${round}`)).error).toBeUndefined();
      await mesh.world.advance(6_000);
      mesh.healDirectPath();
    }
    await mesh.callFor(5_000);
    mesh.cutDirectPath();
    await mesh.callFor(6_000);
    expect(counters(mesh.caller).switched_to_multi_hop).toBe(1);
    expect([mesh.link, learned(mesh)?.strategy]).toEqual(["none", "multi_hop"]);
    expect(learned(mesh)?.reason).toMatch(/^only \d+ % of its direct calls were answered$/);
    const before = counters(mesh.caller).direct_probes;
    await mesh.callFor(200_000, 2_000);
    expect(counters(mesh.caller).direct_probes).toBe(before);
  });
});

describe("a router that is started again", () => {
  it.each([0, 1])("loses no call, on side %i", async (side) => {
    const mesh = await linked();
    await mesh.callFor(5_000, 200);
    (mesh.nats[side] as Nat).rebind();
    expect(await mesh.callFor(20_000, 200)).toEqual([]);
    expect(mesh.link).toBe("shortcut");
  });
});

describe("a peer that dies", () => {
  it("is gone for its caller as it would be without a shortcut", async () => {
    const mesh = await linked();
    const call = settled(mesh.caller.call("echo", "late", { timeout: 8_000 }));
    mesh.world.crash(PROVIDER);
    expect(await mesh.world.run(call)).toMatch(/provider_gone|late/);
    await mesh.world.advance(10_000);
    expect(mesh.link).toBe("none");
  });
});

describe("links", () => {
  it("stay as they are over 10,000 calls", async () => {
    const mesh = await linked();
    const { world, caller } = mesh;
    const shape = () =>
      [mesh.caller, mesh.provider, ...mesh.gateways].map((node) => [
        node.status().links.length,
        node.status().counters.connections,
      ]);
    const before = shape();
    let wrong = 0;
    for (let round = 0; round < 1_000; round++) {
      const values = Array.from({ length: 10 }, (_, at) => round * 10 + at);
      const answers = await world.run(
        Promise.all(values.map((value) => settled(caller.call("echo", value)))),
      );
      wrong += answers.filter((answer, at) => answer !== values[at]).length;
    }
    expect([wrong, shape()]).toEqual([0, before]);
    expect(counters(caller)).toMatchObject({ direct_probes: 1, punches_opened: 1 });
    expect(learned(mesh)?.samples).toBeLessThanOrEqual(200);
  });

  it("are let go when nobody calls, and opened again", async () => {
    const mesh = await linked();
    // Much longer than the overlay keeps what it does not need.
    await mesh.world.advance(30_000);
    expect(mesh.link).toBe("shortcut");
    await mesh.world.advance(95_000);
    expect(mesh.link).toBe("none");
    expect(mesh.provider.status().links.some(({ shortcut }) => shortcut)).toBe(false);
    const { error, strategy } = await mesh.call("again");
    expect([error, strategy]).toEqual([undefined, "multi_hop"]);
    expect(await mesh.callFor(3_000)).toEqual([]);
    expect(mesh.link).toBe("shortcut");
  });

  it("are never anchors, and stand in the way of none of the overlay", async () => {
    const mesh = await linked();
    const { anchors, overlay, links } = mesh.caller.status();
    expect(anchors).toHaveLength(3);
    expect(overlay).toMatchObject({ joined: true, wanted: 3, held: 3 });
    expect(links).toHaveLength(4);
  });
});

describe("an edge that calls many", () => {
  it("has a link to each of them, and keeps its anchors", async () => {
    const mesh = await DirectMesh.start("none", "none");
    const { world, caller } = mesh;
    const numbers = [40, 41, 42, 43, 44, 45, 46, 47];
    for (const number of numbers) await mesh.addProvider(number, `many.${number}`);
    for (let round = 0; round < 3; round++) {
      for (const number of numbers) {
        expect(await world.run(settled(caller.call(`many.${number}`)))).toBe(number);
      }
      await world.advance(5_000);
    }
    const { links, anchors, bounds, counters: counts } = caller.status();
    expect(links.filter(({ shortcut }) => shortcut)).toHaveLength(numbers.length);
    expect(anchors).toHaveLength(3);
    expect(bounds.shortcuts).toEqual({ used: numbers.length, max: 32 });
    expect(counts.links_shed).toBeUndefined();
  });
});

describe("routing strategies", () => {
  it("multi_hop_only opens no link and agrees to none", async () => {
    for (const options of [
      { strategy: "multi_hop_only" },
      { providerStrategy: "multi_hop_only" },
    ] as const) {
      const mesh = await DirectMesh.start("none", "none", options);
      expect(await mesh.callFor(120_000, 1_000)).toEqual([]);
      expect(mesh.link).toBe("none");
      for (const node of [mesh.caller, mesh.provider]) {
        expect(counters(node).knocks_sent).toBeUndefined();
      }
      expect((await mesh.call("last")).strategy).toBe("multi_hop");
    }
  });

  it("multi_hop_only of a call leads to no link", async () => {
    const mesh = await DirectMesh.start("none", "none");
    const options = { routingStrategy: "multi_hop_only" } as const;
    expect(await mesh.callFor(60_000, 1_000, options)).toEqual([]);
    expect([mesh.link, counters(mesh.caller).direct_probes]).toEqual(["none", undefined]);
    expect(await mesh.callFor(2_000)).toEqual([]);
    expect(mesh.link).toBe("shortcut");
  });

  it("direct_only sends the first call over a link, and every other", async () => {
    const mesh = await DirectMesh.start("port_restricted", "restricted", {
      strategy: "direct_only",
    });
    const first = await mesh.call("first");
    expect([first.error, first.strategy]).toEqual([undefined, "direct"]);
    expect(first.attempts.map(({ rule }) => rule)).toEqual(["direct"]);
    expect(await mesh.callFor(10_000)).toEqual([]);
    expect(first.routing?.reason).toBe("its calls take no other way");
  });

  it("direct_only fails by name where no link can be opened, and forwards nothing", async () => {
    const mesh = await DirectMesh.start("symmetric", "port_restricted", {
      strategy: "direct_only",
    });
    const { error, attempts } = await mesh.call("first", { timeout: 10_000 });
    expect([error?.code, attempts]).toEqual(["no_direct_link", []]);
    expect(error?.message).toMatch(/no packet got through/);
    const second = await mesh.call("second");
    expect([second.error?.code, second.elapsed < 100]).toEqual(["no_direct_link", true]);
    const cast = mesh.caller.cast("echo", "third");
    expect(await mesh.world.run(settled(cast))).toBe("no_direct_link");
    await mesh.world.advance(10_000);
    expect(mesh.executed.size).toBe(0);
    // By the word of the call alone it goes through the mesh.
    const routed = await mesh.call("fourth", { routingStrategy: "hybrid" });
    expect([routed.error, routed.strategy]).toEqual([undefined, "multi_hop"]);
  });

  it("direct_only waits no longer than the call does", async () => {
    const mesh = await DirectMesh.start("symmetric", "port_restricted", {
      strategy: "direct_only",
    });
    const { error, elapsed } = await mesh.call("first", { timeout: 1_000 });
    expect(error?.code).toBe("no_direct_link");
    expect(elapsed).toBeLessThan(1_100);
  });

  it("direct_only keeps to it when the link is lost under the call", async () => {
    const mesh = await DirectMesh.start("none", "none", { strategy: "direct_only" });
    await mesh.call("first");
    mesh.cutDirectPath();
    const { error, attempts } = await mesh.call("second", { timeout: 20_000 });
    expect(error?.code).toMatch(/no_direct_link|provider_gone/);
    expect(attempts.filter(({ rule }) => rule !== "direct")).toEqual([]);
    expect(mesh.executed.get("second")).toBeUndefined();
  });

  it("casts go over the link as well", async () => {
    const mesh = await DirectMesh.start("none", "none", { strategy: "direct_only" });
    await mesh.world.run(mesh.caller.cast("echo", "cast"));
    await mesh.world.advance(1_000);
    expect([mesh.executed.get("cast"), mesh.link]).toEqual([1, "shortcut"]);
  });
});
