import { medians } from "./figures.mjs";
import { judged } from "./gates.mjs";
import { withProcesses } from "./processes.mjs";

/** Seconds that a store may take to be filled. */
const FILL_SECONDS = 60;
const MEGABYTE = 1_000_000;
const KIBIBYTE = 1_024;

/** How many owners stand at one key: the two ends of what there is. */
const PER_KEY = { ownKeys: 1, sharedKeys: 256 };

export const RECORDS_NAMES = Object.keys(PER_KEY);

const GATES = Object.fromEntries(
  RECORDS_NAMES.map((name) => [
    `${name}KibPerRecord`,
    { of: (it) => it[name]?.kibPerRecord, gate: 1.5, aim: 1.25, most: true },
  ]),
);

/** What a record costs in memory, in a store that is as full as it gets. */
export async function benchRecords({ runs, records, calm, only, tell, profile }) {
  const result = {};
  for (const name of RECORDS_NAMES.filter((it) => only?.includes(it) ?? true)) {
    const measured = [];
    for (let run = 1; run <= runs; run++) {
      tell(`${name}, run ${run} of ${runs}`);
      const order = { count: records, perKey: PER_KEY[name] };
      measured.push(
        await withProcesses(profile ? name : undefined, (all) => measure(all, order, calm)),
      );
    }
    result[name] = medians(measured);
  }
  return { ...result, gates: judged(GATES, result) };
}

async function measure(processes, order, calm) {
  const process = await processes.start("store", { kind: "records", calm });
  const { held, bytes, fillMs, before, now } = await process.ask(
    "fill",
    order,
    FILL_SECONDS + 2 * calm,
  );
  const perRecord = (field) => ((now[field] - before[field]) * MEGABYTE) / held / KIBIBYTE;
  return {
    records: held,
    bytesPerRecord: bytes / held,
    kibPerRecord: perRecord("rssMb"),
    heapKib: perRecord("heapMb"),
    buffersKib: perRecord("buffersMb"),
    putUs: (fillMs * 1_000) / held,
  };
}
