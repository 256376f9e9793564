import { serveRole } from "../bench/serve-role.mjs";

/** Milliseconds of the wall clock at which this process could begin. */
const beganAt = performance.timeOrigin + performance.now();

/** What a process of the lab can be. */
serveRole({
  node: async (config) => (await import("./node-role.mjs")).startNodeRole(config, beganAt),
  observer: async (config) => (await import("./net/observer-role.mjs")).startObserverRole(config),
  probe: async (config) => (await import("./net/probe-role.mjs")).startProbeRole(config),
  proxy: async (config) => (await import("./net/proxy-role.mjs")).startProxyRole(config),
});
