/*
 * One process of a benchmark. Its parent says what it is, then asks for measurements; it ends when its parent
 * lets go of it, however that came about, and in a way that lets a profile be written.
 */
import { register } from "node:module";

const ROLES = {
  mesh: async (config) => (await import("./mesh-role.mjs")).startMeshRole(config),
  population: async (config) => (await import("./population-role.mjs")).startPopulationRole(config),
  records: async (config) => (await import("./records-role.mjs")).startRecordsRole(config),
  sealing: async () => (await import("./sealing-role.mjs")).startSealingRole(),
  unsealed: async (config) => {
    register("./unsealed.mjs", import.meta.url);
    return await ROLES.mesh(config);
  },
  driver: async (config) => (await import("./driver-role.mjs")).startDriverRole(config),
};

let role;

const COMMANDS = {
  start: async ({ kind, ...config }) => {
    role = await ROLES[kind](config);
    return role.ready;
  },
  /** Microseconds of processor time, of all threads. */
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

async function answer({ number, name, input }) {
  try {
    const output = await (COMMANDS[name] ?? role.commands[name])(input);
    if (process.connected) process.send({ number, output });
  } catch (error) {
    const code = error.code === undefined ? "" : `${error.code}: `;
    if (process.connected) process.send({ number, error: `${code}${error.message}` });
  }
}

process.on("message", (request) => void answer(request));
// Ctrl-C in a terminal reaches every process of the group; the parent decides what it means.
process.on("SIGINT", () => undefined);
process.once("disconnect", () => {
  const closed = role?.close() ?? Promise.resolve();
  void closed.finally(() => process.exit());
});
