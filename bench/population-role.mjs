import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createNode } from "../dist/index.js";
import { REALM } from "./procedures.mjs";

/** Milliseconds; far above what is ever needed. */
const TIMEOUT = 20_000;
/** Collections before memory is read: some of what one frees only the next one sees. */
const COLLECTIONS = 6;
const COLLECTION_PAUSE = 50;
const MEGABYTE = 1_000_000;

/** Several nodes in one process of a benchmark, which measures what it was before the first of them. */
export async function startPopulationRole() {
  const before = await memory();
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
        now: await memory(),
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

/** Every node looks every procedure up for the first time, one after another. */
async function lookUp(nodes, procedures) {
  const times = [];
  let asked = 0;
  let error = null;
  for (const node of nodes) {
    for (const procedure of procedures.filter((name) => name !== procedureOf(node))) {
      asked += 1;
      const startedAt = performance.now();
      try {
        const answer = await node.call(procedure, null, { timeout: TIMEOUT });
        if (!procedure.endsWith(answer)) throw new Error(`${answer} answered ${procedure}`);
        times.push(performance.now() - startedAt);
      } catch (failure) {
        error ??= failure.message;
      }
    }
  }
  return { asked, times, error };
}

/** Megabytes after everything that can be collected was. */
async function memory() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let round = 0; round < COLLECTIONS; round++) {
    collect();
    await pause(COLLECTION_PAUSE);
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    rssMb: rss / MEGABYTE,
    heapMb: heapUsed / MEGABYTE,
    buffersMb: arrayBuffers / MEGABYTE,
  };
}

function links(nodes) {
  const counts = (wanted) =>
    nodes
      .map((node) => node.status())
      .filter(({ mode }) => mode === wanted)
      .map((status) => status.links.length);
  return { gateway: counts("gateway"), edge: counts("edge") };
}
