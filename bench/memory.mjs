import { setTimeout as pause } from "node:timers/promises";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collections before memory is read: some of what one frees only the next one sees. */
const COLLECTIONS = 6;
const COLLECTION_PAUSE = 50;
const MEGABYTE = 1_000_000;

/**
 * V8 lets the space of young objects grow to 16 MB under load, and gives it back after some calm seconds: waited for
 * until less than this is left of it.
 */
const YOUNG_BYTES = 4_000_000;
const CALM_CHECK = 500;

/**
 * Megabytes of this process after everything that can be collected was. Waits up to `calm` seconds for it to come to
 * rest.
 */
export async function memory(calm) {
  const until = performance.now() + calm * 1_000;
  while (youngBytes() > YOUNG_BYTES && performance.now() < until) await pause(CALM_CHECK);
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

function youngBytes() {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  return young.physical_space_size;
}
