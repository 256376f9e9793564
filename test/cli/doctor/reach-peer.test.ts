import { describe, expect, it } from "vitest";
import { reachPeer } from "../../../src/cli/doctor/reach-peer.ts";
import { DirectMesh, type DirectMeshOptions, type Side } from "../../sim/direct-mesh.ts";

const NEVER = new AbortController().signal;

async function reach(caller: Side, provider: Side, options: DirectMeshOptions = {}) {
  const mesh = await DirectMesh.start(caller, provider, options);
  const work = (peer: string) => mesh.world.run(reachPeer(mesh.caller, peer, 8_000, NEVER));
  return { mesh, work };
}

describe("what is said of the ways to a peer", () => {
  it("is that both are open where the NATs let them", async () => {
    const { mesh, work } = await reach("restricted", "port_restricted");
    const { routed, direct } = await work(mesh.provider.id);
    expect(routed).toMatchObject({ isReached: true, forwarders: 1, error: undefined });
    expect(direct.isReached).toBe(true);
    const link = mesh.caller.status().links.find(({ node }) => node === mesh.provider.id);
    expect(direct.address).toBe(link?.address);
  });

  it("is why the NATs let none, while the mesh does", async () => {
    const { mesh, work } = await reach("symmetric", "symmetric");
    const { routed, direct } = await work(mesh.provider.id);
    expect(routed.isReached).toBe(true);
    expect(direct).toEqual({
      isReached: false,
      address: undefined,
      reason: "both ends stand behind symmetric NATs",
    });
  });

  it("is that the peer, or this node, opens none", async () => {
    const unwilling = await reach("none", "none", { providerStrategy: "multi_hop_only" });
    const { direct } = await unwilling.work(unwilling.mesh.provider.id);
    expect(direct.reason).toBe("the peer opens no link: refused");
    const own = await reach("none", "none", { strategy: "multi_hop_only" });
    expect((await own.work(own.mesh.provider.id)).direct.reason).toBe("this node opens none");
  });

  it("is that nobody is there", async () => {
    const { mesh, work } = await reach("none", "none");
    const before = mesh.world.clock.now();
    const { routed, direct } = await work("ab".repeat(32));
    expect(mesh.world.clock.now() - before).toBeLessThanOrEqual(8_000);
    expect(routed).toMatchObject({ isReached: false, error: expect.stringMatching(/^\w+: ./) });
    expect(direct.isReached).toBe(false);
    expect(direct.reason).not.toBe("");
  });
});
