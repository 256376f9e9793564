import { register } from "node:module";
import { serveRole } from "./serve-role.mjs";

const mesh = async (config) => (await import("./mesh-role.mjs")).startMeshRole(config);

/** What a process of a benchmark can be. */
serveRole({
  mesh,
  population: async (config) => (await import("./population-role.mjs")).startPopulationRole(config),
  records: async (config) => (await import("./records-role.mjs")).startRecordsRole(config),
  sealing: async () => (await import("./sealing-role.mjs")).startSealingRole(),
  unsealed: async (config) => {
    register("./unsealed.mjs", import.meta.url);
    return await mesh(config);
  },
  driver: async (config) => (await import("./driver-role.mjs")).startDriverRole(config),
});
