import { createNode } from "../dist/index.js";
import { Load } from "./load.mjs";
import { ECHO, REALM, SINK } from "./procedures.mjs";

/** Milliseconds; far above what is ever needed, so that a call that fails is a failure of the benchmark. */
const TIMEOUT = 10_000;
/** Milliseconds between calls that wait for a direct link. */
const CALL_EVERY = 20;

/**
 * A node as one process of a benchmark: `part` is `provider`, `forwarder` or `caller`, `dials` what it links
 * to, `driver` what may carry that, `address` where it listens; with `serves` it holds records. It links to nobody else unless
 * `links` is `auto`. It is linked when this resolves.
 */
export async function startMeshRole(place) {
  const { part, serves, dials, driver, links = "static" } = place;
  const { address = part === "caller" ? false : "127.0.0.1:0" } = place;
  const node = await createNode({
    realm: REALM,
    mode: serves || part === "forwarder" ? "gateway" : "edge",
    links,
    listen: address,
    bootstrap: dials,
    transports: driver,
  });
  await node.ready({ timeout: TIMEOUT });
  return {
    ready: { addresses: node.addresses },
    commands: {
      provide: () => provide(node),
      forwarders: () => countForwarders(node),
      goDirect: () => goDirect(node),
      carriers: () => [...new Set(node.status().links.map(({ transport }) => transport))],
      sessions: () => node.status().bounds.sessionsBegun.used,
      load: ({ payload, ...shape }) => keepCalling(node, shape, payload),
      send: (order) => sendBulk(node, order),
    },
    close: () => node.close(),
  };
}

async function provide(node) {
  await node.register(ECHO, (value) => value);
  await node.register(SINK, (bytes) => bytes.length);
}

/** Nodes that a call passes on its way. */
async function countForwarders(node) {
  const { report } = await node.explain(ECHO, new Uint8Array(1), { timeout: TIMEOUT });
  if (report.error !== undefined) throw report.error;
  return report.hops.length - 1;
}

/** Calls until calls pass nobody. */
async function goDirect(node) {
  for (const end = performance.now() + TIMEOUT; performance.now() < end; ) {
    if ((await countForwarders(node)) === 0) return;
    await new Promise((resume) => setTimeout(resume, CALL_EVERY));
  }
  const [{ reason } = { reason: "nothing is known of it" }] = node.status().routing.destinations;
  throw new Error(`there is no link to the provider: ${reason}`);
}

function keepCalling(node, shape, payload) {
  const body = new Uint8Array(payload).fill(7);
  const options = { timeout: TIMEOUT };
  const answered = Array.from({ length: shape.inFlight }, (_, slot) => (answer) => {
    if (answer.length === payload) load.finished(slot);
    else load.failed(new Error(`an echo has ${answer.length} bytes instead of ${payload}`));
  });
  const failed = (error) => load.failed(error);
  const load = new Load(shape, (slot) => {
    node.call(ECHO, body, options).then(answered[slot], failed);
  });
  load.start();
  return load.figures;
}

/** Sends `total` bytes as arguments of `size` bytes; milliseconds until the last was answered. */
async function sendBulk(node, { total, size, inFlight }) {
  const body = new Uint8Array(size).fill(7);
  let left = Math.ceil(total / size);
  const send = async () => {
    while (left-- > 0) {
      const length = await node.call(SINK, body, { timeout: TIMEOUT });
      if (length !== size) throw new Error(`${length} bytes of ${size} arrived`);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, send));
  return performance.now() - startedAt;
}
