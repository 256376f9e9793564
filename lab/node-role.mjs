import { createNode } from "../dist/index.js";
import { OpenLoad } from "./open-load.mjs";

const REALM = "org.example.lab";
/** Answers with its number, and notes how often it was asked for that one. */
const COUNT = "lab.count";
/** Milliseconds for a node to find its place. */
const READY_TIMEOUT = 20_000;

/** A node as a process of its own: `identity` is its key file, `listen` an address or false. It is ready when this resolves. */
export async function startNodeRole({ mode, listen, identity, bootstrap }) {
  const node = await createNode({ realm: REALM, mode, listen, identity, bootstrap });
  await node.ready({ timeout: READY_TIMEOUT });
  /** Executions by number of the call. */
  const executed = new Map();
  return {
    ready: { id: node.id, addresses: node.addresses },
    commands: {
      provide: async () => {
        await node.register(COUNT, (number) => {
          executed.set(number, (executed.get(number) ?? 0) + 1);
          return number;
        });
      },
      executions: () => ({
        calls: executed.size,
        repeated: [...executed.values()].filter((times) => times > 1).length,
      }),
      /** How many links it has, and to how many forwarders it is reached through. */
      links: () => ({ links: node.status().links.length, anchors: node.status().anchors.length }),
      callSteadily: ({ rate, seconds, timeout }) => {
        const call = async (number) => {
          const answer = await node.call(COUNT, number, { timeout });
          if (answer !== number) throw new Error(`call ${number} was answered with ${answer}`);
        };
        return new OpenLoad({ rate, seconds, call }).run();
      },
    },
    close: () => node.close(),
  };
}
