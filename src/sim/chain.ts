import { MeshError, toMeshError } from "../base/errors.ts";
import type { MeshNode } from "../node/api.ts";
import { HOPS_LIMIT } from "../wire/limits.ts";
import type { Findings } from "./scenario.ts";
import { startNode } from "./virtual-node.ts";
import type { World } from "./world.ts";

/** Calls one after the other, then as many at once. */
const CALLS = 25;

/**
 * A line of nodes, each linked to its neighbours only: client, forwarders, provider. Calls have to cross all of
 * it, and nobody may gain a link by it. Throws `bad_config` for fewer than 2 nodes or more than a call can cross.
 */
export async function chain(world: World, count: number): Promise<Findings> {
  if (count < 2 || count > HOPS_LIMIT + 2) {
    const text = `a chain has 2 to ${HOPS_LIMIT + 2} nodes, because a call passes at most ${HOPS_LIMIT} forwarders`;
    throw new MeshError("bad_config", text);
  }
  const nodes = await world.run(startChain(world, count));
  const linksBefore = nodes.map(linkCount);
  const outcome = await world.run(makeCalls(nodes));
  const linksAfter = nodes.map(linkCount);
  await world.run(Promise.all(nodes.map((node) => node.close())));
  const problems = [...outcome.problems];
  if (linksBefore.join() !== linksAfter.join()) problems.push("calls have changed the links");
  if (outcome.forwarders !== count - 2) {
    problems.push(`${outcome.forwarders} nodes forwarded, not ${count - 2}`);
  }
  return { ...outcome, problems, linksBefore, linksAfter };
}

interface Outcome {
  readonly calls: number;
  readonly delivered: number;
  readonly forwarders: number;
  /** Rule of each station of the last call, forwarders first. */
  readonly rules: readonly string[];
  readonly problems: readonly string[];
}

async function startChain(world: World, count: number): Promise<MeshNode[]> {
  const last = count - 1;
  const nodes: MeshNode[] = [];
  for (let number = 1; number <= last; number++) {
    const transit = number < last;
    nodes.push(
      await startNode(world, {
        node: number,
        name: transit ? `forwarder ${number}` : "provider",
        mode: transit ? "gateway" : "edge",
        bootstrap: number === 1 ? [] : [number - 1],
        listens: transit || number === 1,
      }),
    );
  }
  const client = { node: 0, name: "client", mode: "edge", bootstrap: [1], listens: false } as const;
  nodes.unshift(await startNode(world, client));
  for (const node of nodes) await node.ready();
  return nodes;
}

async function makeCalls(nodes: readonly MeshNode[]): Promise<Outcome> {
  const client = nodes[0] as MeshNode;
  const provider = nodes.at(-1) as MeshNode;
  const options = { maxHops: Math.max(10, nodes.length - 2) };
  await provider.register("chain.double", (value) => (value as number) * 2);
  const wrong: string[] = [];
  const ask = async (value: number): Promise<void> => {
    try {
      const result = await client.call<number>("chain.double", value, options);
      if (result !== value * 2) wrong.push(`twice ${value} is not ${result}`);
    } catch (cause) {
      const { code, message } = toMeshError(cause);
      wrong.push(`call ${value}: ${code}: ${message}`);
    }
  };
  for (let call = 0; call < CALLS; call++) await ask(call);
  await Promise.all(Array.from({ length: CALLS }, (_, call) => ask(CALLS + call)));
  const { result, report } = await client.explain<number>("chain.double", 21, options);
  if (result !== 42) wrong.push(`the explained call ended with ${report.error?.code ?? result}`);
  return {
    calls: CALLS * 2 + 1,
    delivered: CALLS * 2 + 1 - wrong.length,
    forwarders: report.hops.length - 1,
    rules: report.hops.map((hop) => hop.rule),
    problems: wrong,
  };
}

function linkCount(node: MeshNode): number {
  return node.status().links.length;
}
