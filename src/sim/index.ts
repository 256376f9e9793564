/** Worlds in virtual time: the same node, over a simulated network, from one seed. */
export { type RunLimits, type RunOutcome, VirtualClock } from "./clock.ts";
export { SeededRandom } from "./random.ts";
export { Trace } from "./trace.ts";
export { type RunOptions, World, type WorldOptions } from "./world.ts";
