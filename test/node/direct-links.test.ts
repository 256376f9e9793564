import { describe, expect, it } from "vitest";
import type { MeshNode, NodeOptions } from "../../src/node/api.ts";
import { createNode } from "../../src/node/create-node.ts";

const REALM = "com.example.direct";

/** A gateway and two edges that find their places through it, over real sockets of this machine. */
async function mesh(options: Partial<NodeOptions>): Promise<[MeshNode, MeshNode, MeshNode]> {
  const realm = REALM;
  const gateway = await createNode({ realm, mode: "gateway", listen: "127.0.0.1:0" });
  const edge = { realm, bootstrap: gateway.addresses, ...options };
  const [caller, provider] = await Promise.all([createNode(edge), createNode(edge)]);
  await Promise.all([caller.ready(), provider.ready()]);
  await provider.register("echo", (value) => value);
  return [gateway, caller, provider];
}

/** Resolves when `node` has a link to `other`. */
function linked(node: MeshNode, other: MeshNode): Promise<void> {
  return new Promise((resolve) => {
    const stop = node.on("link", (link) => {
      if (link.node !== other.id) return;
      stop();
      resolve();
    });
  });
}

describe("two edges over QUIC", () => {
  it("call through the gateway at first, and over a link of their own soon", async () => {
    const [gateway, caller, provider] = await mesh({});
    const isLinked = linked(caller, provider);
    const first = await caller.explain("echo", 1);
    expect([first.result, first.report.strategy]).toEqual([1, "multi_hop"]);
    await isLinked;
    const second = await caller.explain("echo", 2);
    expect([second.result, second.report.strategy]).toEqual([2, "direct"]);
    const link = caller.status().links.find(({ node }) => node === provider.id);
    expect(link).toMatchObject({ shortcut: true, direction: "dialled" });
    expect([caller.addresses, provider.addresses]).toEqual([[], []]);
    await Promise.all([caller, provider, gateway].map((node) => node.close()));
  });

  it("wait for the link where nothing else will do", async () => {
    const [gateway, caller, provider] = await mesh({ routingStrategy: "direct_only" });
    const { result, report } = await caller.explain("echo", 1);
    expect([result, report.strategy, report.attempts.length]).toEqual([1, "direct", 1]);
    await Promise.all([caller, provider, gateway].map((node) => node.close()));
  });
});
