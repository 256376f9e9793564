import { createNode } from "../dist/index.js";
import { OpenLoad } from "./open-load.mjs";

const REALM = "org.example.lab";
/** Answers with its number and the forwarders that the call has passed, and notes how often it was asked for that one. */
const COUNT = "lab.count";
/** Milliseconds for a node to find its place. */
const READY_TIMEOUT = 20_000;
/** Milliseconds between two looks at the anchors. */
const LOOK_EVERY = 10;

const now = () => performance.timeOrigin + performance.now();

/** When the module, with all it imports, was there. Milliseconds of the wall clock. */
const importedAt = now();

/**
 * A node as a process of its own: `identity` is its key file, `listen` an address or false. It is ready when this
 * resolves. `beganAt` is when the process began; `times` tell how it went on.
 */
export async function startNodeRole(
  { mode, listen, identity, bootstrap, routingStrategy, transports },
  beganAt,
) {
  const own = { mode, listen, identity, bootstrap, routingStrategy, transports };
  const node = await createNode({ realm: REALM, ...own });
  const createdAt = now();
  await node.ready({ timeout: READY_TIMEOUT });
  const times = { began: beganAt, imported: importedAt, created: createdAt, ready: now() };
  return {
    ready: { id: node.id, addresses: node.addresses, times },
    commands: { ...providing(node), ...calling(node), ...standing(node) },
    close: () => node.close(),
  };
}

/** What a provider can be asked. */
function providing(node) {
  /** Executions by number of the call. */
  const executed = new Map();
  return {
    provide: async (procedure = COUNT) => {
      await node.register(procedure, (number, { hops }) => {
        executed.set(number, (executed.get(number) ?? 0) + 1);
        return [number, hops];
      });
      return now();
    },
    executions: () => ({
      calls: executed.size,
      repeated: [...executed.values()].filter((times) => times > 1).length,
    }),
  };
}

/** What a caller can be asked. */
function calling(node) {
  const call = async (procedure, number, options) => {
    const [answer, hops] = await node.call(procedure, number, options);
    if (answer !== number) throw new Error(`call ${number} was answered with ${answer}`);
    return hops;
  };
  return {
    callSteadily: ({ rate, seconds, timeout, procedure = COUNT }) =>
      new OpenLoad({ rate, seconds, call: (number) => call(procedure, number, { timeout }) }).run(),
    /** How long one call takes, and when it was answered. */
    callOnce: async ({ procedure, timeout }) => {
      const from = performance.now();
      await call(procedure, 0, { timeout });
      return { tookMs: performance.now() - from, at: now() };
    },
    /** The way of one call. */
    explain: async ({ procedure, timeout }) => {
      const { report } = await node.explain(procedure, 0, { timeout });
      const { strategy, rule, error } = report;
      return { strategy, rule, hops: report.hops.map((hop) => hop.node), error: error?.message };
    },
  };
}

/** What a node can be asked of where it stands. */
function standing(node) {
  return {
    /** How many links it has, and to how many forwarders it is reached through. */
    links: () => ({ links: node.status().links.length, anchors: node.status().anchors.length }),
    place: () => {
      const { links, anchors, dialable, health, addresses, routing, transport } = node.status();
      const linked = links.map(({ node: id, address, direction, shortcut, transport: kind }) => {
        return { id, address, direction, shortcut, transport: kind };
      });
      return { links: linked, anchors, dialable, health, addresses, routing, transport };
    },
    /** Resolves when all of `having` and none of `without` are anchors, and there is one at least: when that was, null where it is not within `seconds`. */
    anchorsChanged: ({ having = [], without = [], seconds }) => {
      const isSo = () => {
        const anchors = new Set(node.status().anchors);
        const has = having.every((id) => anchors.has(id)) && !without.some((id) => anchors.has(id));
        return has && anchors.size > 0;
      };
      const until = now() + seconds * 1_000;
      return new Promise((resolve) => {
        const timer = setInterval(() => {
          if (!isSo() && now() < until) return;
          clearInterval(timer);
          resolve(isSo() ? now() : null);
        }, LOOK_EVERY);
      });
    },
  };
}
