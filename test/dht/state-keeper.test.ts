import { describe, expect, it } from "vitest";
import { idText } from "../../src/base/id.ts";
import { readKnownPeer } from "../../src/dht/known-peer.ts";
import { readState } from "../../src/dht/state-file.ts";
import { realmId } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { SIM_REALM, World } from "../../src/sim/world.ts";

const MINUTE = 60_000;

/** Three gateways, and an edge that was told the first of them and keeps its state. */
async function mesh(): Promise<{ world: World; gateways: MeshNode[]; edge: MeshNode }> {
  const world = new World({ seed: 3, link: { delay: [1, 5] } });
  const gateways: MeshNode[] = [];
  for (let number = 0; number < 3; number++) {
    gateways.push(
      await startSimNode(world, number, {
        mode: "gateway",
        listen: true,
        links: "auto",
        isKept: true,
        bootstrap: number === 0 ? [] : [0],
      }),
    );
  }
  const edge = await startEdge(world);
  await world.run(Promise.all([...gateways, edge].map((node) => node.ready())));
  await world.advance(MINUTE);
  return { world, gateways, edge };
}

const startEdge = (world: World): Promise<MeshNode> =>
  startSimNode(world, 3, { mode: "edge", links: "auto", isKept: true, bootstrap: [0] });

describe("a node that keeps its state", () => {
  it("writes down whom it knows and where they are", async () => {
    const { world, gateways } = await mesh();
    const bytes = world.disk(3).files.get("peers") as Uint8Array;
    const peers = readState("peers", realmId(SIM_REALM), bytes).map(readKnownPeer);
    expect(peers.map(({ id }) => idText(id)).toSorted()).toEqual(
      gateways.map(({ id }) => id).toSorted(),
    );
    expect(peers.every(({ addresses }) => addresses.length === 1)).toBe(true);
  });

  it("finds its mesh again where its bootstrap node is gone", async () => {
    const { world, gateways } = await mesh();
    world.crash(0);
    world.crash(3);
    await world.advance(MINUTE);
    const again = await startEdge(world);
    await world.run(again.ready({ timeout: 20_000 }));
    await world.run(gateways[1]!.register("echo", (args) => args));
    expect(await world.run(again.call("echo", 5))).toBe(5);
  });

  it("does not find it without its disk", async () => {
    const { world } = await mesh();
    world.crash(0);
    world.crash(3);
    world.disk(3).files.clear();
    await world.advance(MINUTE);
    const again = await startEdge(world);
    await expect(world.run(again.ready({ timeout: 20_000 }))).rejects.toMatchObject({
      code: "timeout",
    });
  });

  it("sets damaged files aside, says so, and starts all the same", async () => {
    const { world } = await mesh();
    world.crash(3);
    const disk = world.disk(3);
    for (const name of ["peers", "records"]) {
      const bytes = disk.files.get(name) as Uint8Array;
      bytes[20]! ^= 4;
    }
    await world.advance(MINUTE);
    const again = await startEdge(world);
    await world.run(again.ready());
    expect([...disk.files.keys()].toSorted()).toEqual(["peers.corrupt-1", "records.corrupt-1"]);
    expect(world.trace.tail(200).join("\n")).toContain("state_set_aside");
    await world.advance(MINUTE);
    expect(disk.files.has("peers")).toBe(true);
  });

  it("serves on while its disk is full, and its health says so until there is room", async () => {
    const { world, gateways, edge } = await mesh();
    world.disk(3).isFull = true;
    await world.advance(MINUTE);
    expect(edge.status().health).toEqual({
      state: "degraded",
      reasons: ["storage: peers: no space left on device"],
    });
    await world.run(gateways[0]!.register("echo", (args) => args));
    expect(await world.run(edge.call("echo", 1))).toBe(1);
    world.disk(3).isFull = false;
    await world.advance(MINUTE);
    expect(edge.status().health).toEqual({ state: "healthy", reasons: [] });
  });

  it("has the records back that it held, those that are still good", async () => {
    const { world, gateways, edge } = await mesh();
    await world.run(edge.register("echo", (args) => args));
    await world.advance(MINUTE);
    await world.run(gateways[1]!.close());
    const restarted = await startSimNode(world, 1, {
      mode: "gateway",
      listen: true,
      links: "auto",
      isKept: true,
      bootstrap: [0],
    });
    await world.advance(10);
    expect(restarted.status().counters).toMatchObject({ records_restored: 1 });
    expect(restarted.status().bounds.records).toMatchObject({ used: 1 });
  });
});
