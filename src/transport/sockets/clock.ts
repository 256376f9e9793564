// The global of that name is a getter, which costs more than the reading where caches are cold.
import { performance } from "node:perf_hooks";
import type { LivenessClock } from "../liveness.ts";

/** The machine's time. */
export const socketClock: LivenessClock = {
  now: () => performance.now(),
  timer: (delay, action) => {
    // Node counts whole milliseconds and may be one early: round up and add it.
    const handle = setTimeout(action, Math.ceil(delay) + 1);
    return { cancel: () => clearTimeout(handle) };
  },
};
