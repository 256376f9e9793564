import { createNode } from "../dist/index.js";
import { memory } from "./memory.mjs";
import { REALM } from "./procedures.mjs";

/** Milliseconds; far above what is ever needed. */
const TIMEOUT = 20_000;
/** Several nodes in one process of a benchmark, which measures what it was before the first of them. */
export async function startPopulationRole({ calm }) {
  const before = await memory(calm);
  const nodes = [];
  return {
    ready: {},
    commands: {
      join: (order) => join(nodes, order),
      register: () => register(nodes),
      lookUp: ({ procedures }) => lookUp(nodes, procedures),
      share: async () => ({
        nodes: nodes.length,
        before,
        now: await memory(calm),
        links: links(nodes),
      }),
    },
    close: () => Promise.all(nodes.map((node) => node.close())),
  };
}

/** Times of the wall clock, which all processes share. */
const now = () => performance.timeOrigin + performance.now();

/** Starts nodes at once; every second one is an edge that nobody can dial. Resolves when all are ready. */
async function join(nodes, { count, bootstrap }) {
  const startedAt = now();
  const start = async (_, at) => {
    const edge = at % 2 === 1;
    const node = await createNode({
      realm: REALM,
      mode: edge ? "edge" : "gateway",
      listen: edge ? false : "127.0.0.1:0",
      bootstrap,
      // Calls from everyone to everyone would open links between all of them, and those are what would be measured.
      routingStrategy: "multi_hop_only",
    });
    nodes.push(node);
    await node.ready({ timeout: TIMEOUT });
    return { startedAt, readyAt: now(), address: node.addresses[0] };
  };
  return await Promise.all(Array.from({ length: count }, start));
}

const procedureOf = (node) => `bench.of.${node.id}`;

/** Each node provides a procedure of its own. Milliseconds until it can be found. */
async function register(nodes) {
  const times = [];
  for (const node of nodes) {
    const startedAt = performance.now();
    await node.register(procedureOf(node), () => node.id, { timeout: TIMEOUT });
    times.push(performance.now() - startedAt);
  }
  return { procedures: nodes.map(procedureOf), times };
}

/** Every node looks up what every other one provides, and then calls it for the first time. One after another. */
async function lookUp(nodes, procedures) {
  const found = { asked: 0, local: 0, lookups: [], calls: [], error: null };
  for (const node of nodes) {
    for (const procedure of procedures.filter((name) => name !== procedureOf(node))) {
      found.asked += 1;
      try {
        await lookUpOne(node, procedure, found);
      } catch (failure) {
        found.error ??= failure.message;
      }
    }
  }
  return found;
}

async function lookUpOne(node, procedure, found) {
  const startedAt = performance.now();
  const { providers, holder } = await node.lookup(procedure, { timeout: TIMEOUT });
  const foundAt = performance.now();
  if (!providers.some((provider) => procedure.endsWith(provider.node))) {
    throw new Error(`${node.id} has not found ${procedure}`);
  }
  const answer = await node.call(procedure, null, { timeout: TIMEOUT });
  if (!procedure.endsWith(answer)) throw new Error(`${answer} answered ${procedure}`);
  found.lookups.push(foundAt - startedAt);
  found.calls.push(performance.now() - foundAt);
  if (holder === "self") found.local += 1;
}

function links(nodes) {
  const counts = (wanted) =>
    nodes
      .map((node) => node.status())
      .filter(({ mode }) => mode === wanted)
      .map((status) => status.links.length);
  return { gateway: counts("gateway"), edge: counts("edge") };
}
