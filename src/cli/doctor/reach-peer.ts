import type { CallReport, MeshNode } from "../../index.ts";
import type { PeerFacts } from "./facts.ts";

/** Nobody provides it: an answer is that the peer does not know it. */
const PROCEDURE = "macula.doctor";

const REFUSAL = "no_provider";

/** Calls `peer` twice from `node`, through the mesh and over a direct link alone, within `timeout` ms in all. */
export async function reachPeer(
  node: MeshNode,
  peer: string,
  timeout: number,
  signal: AbortSignal,
): Promise<PeerFacts> {
  const options = { provider: peer, timeout: timeout / 2, signal };
  const call = async (routingStrategy: "multi_hop_only" | "direct_only"): Promise<CallReport> =>
    (await node.explain(PROCEDURE, null, { ...options, routingStrategy })).report;
  const routed = await call("multi_hop_only");
  const direct = await call("direct_only");
  const { error, hops, elapsed } = routed;
  return {
    node: peer,
    routed: {
      isReached: isAnswered(routed),
      forwarders: hops.filter(({ rule }) => rule !== "deliver").length,
      elapsed,
      error: isAnswered(routed) ? undefined : `${error?.code}: ${error?.message}`,
    },
    direct: {
      isReached: isAnswered(direct),
      address: node.status().links.find((link) => link.node === peer)?.address,
      reason: reasonIn(direct),
    },
  };
}

function isAnswered({ error }: CallReport): boolean {
  return error === undefined || error.code === REFUSAL;
}

/** What stands behind "there is no link to node …" says most; a call that is late says it by what is being tried. */
function reasonIn({ error, routing }: CallReport): string {
  if (error?.code === "no_direct_link")
    return error.message.replace(/^there is no link to node \w+: /, "");
  return routing?.reason ?? error?.message ?? "";
}
