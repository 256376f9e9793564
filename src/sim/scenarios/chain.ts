import { MeshError } from "../../base/errors.ts";
import type { CallReport, MeshNode } from "../../node/api.ts";
import { HOPS_LIMIT } from "../../wire/limits.ts";
import { startSimNode } from "../sim-node.ts";
import { World } from "../world.ts";
import type { ScenarioOptions, ScenarioReport } from "./scenario.ts";

/** A chain of more nodes has more forwarders than a frame may pass. */
const NODES_MAX = HOPS_LIMIT + 2;

const CALLS = 100;

export interface ChainReport extends ScenarioReport {
  readonly calls: number;
  readonly failures: number;
  readonly forwarders: number;
  readonly route: readonly { readonly node: string; readonly rule: string; readonly ms: number }[];
}

/**
 * Client, gateways and provider in one line, each linked to the next alone; calls from one end to the other.
 *
 * @throws {MeshError} `bad_config` for fewer than 3 or more than 18 nodes.
 */
export async function chain({ nodes, seed }: ScenarioOptions): Promise<ChainReport> {
  if (nodes < 3 || nodes > NODES_MAX) {
    throw new MeshError("bad_config", `a chain has 3 to ${NODES_MAX} nodes, not ${nodes}`);
  }
  const world = new World({ seed, link: { delay: [1, 5] } });
  const members = await startChain(world, nodes);
  const client = members[0] as MeshNode;
  const provider = members.at(-1) as MeshNode;
  await world.run(Promise.all(members.map((member) => member.ready())));
  await world.run(provider.register("echo", (value) => value));
  const { failures, report } = await world.run(callThrough(client, nodes - 2));
  await world.run(Promise.all(members.map((member) => member.close())));
  const forwarders = Math.max(0, report.hops.length - 1);
  return {
    scenario: "chain",
    ok: failures === 0 && forwarders === nodes - 2,
    nodes,
    seed,
    calls: CALLS,
    failures,
    forwarders,
    route: report.hops.map(({ node, rule, roundTrip }) => ({ node, rule, ms: roundTrip })),
    virtualMs: world.clock.now(),
    events: world.clock.events,
    traceHash: world.trace.hash,
  };
}

async function startChain(world: World, nodes: number): Promise<MeshNode[]> {
  const members: MeshNode[] = [];
  for (let number = 0; number < nodes; number++) {
    const isEnd = number === 0 || number === nodes - 1;
    const options = isEnd
      ? { mode: "edge" as const, bootstrap: [number === 0 ? 1 : number - 1] }
      : { mode: "gateway" as const, listen: true, bootstrap: number > 1 ? [number - 1] : [] };
    members.push(await startSimNode(world, number, options));
  }
  return members;
}

async function callThrough(
  client: MeshNode,
  maxHops: number,
): Promise<{ readonly failures: number; readonly report: CallReport }> {
  let failures = 0;
  for (let call = 0; call < CALLS; call++) {
    const answer = await client.call("echo", { call }, { maxHops }).catch(() => undefined);
    if ((answer as { call: number } | undefined)?.call !== call) failures += 1;
  }
  const { report } = await client.explain("echo", "the way", { maxHops });
  return { failures, report };
}
