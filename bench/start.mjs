import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { medians } from "./figures.mjs";
import { judged } from "./gates.mjs";
import { ECHO, REALM } from "./procedures.mjs";
import { withProcesses } from "./processes.mjs";

const CALLER = fileURLToPath(new URL("first-call.mjs", import.meta.url));
/** Milliseconds. */
const DEADLINE = 15_000;

export const START_NAMES = ["firstCall"];

const GATES = {
  firstCallMs: { of: (it) => it.firstCall?.totalMs, gate: 200, aim: 120, most: true },
};

/** Cold processes, one after another, from their spawning to their first answered call. */
export async function benchStart({ runs, tell, profile }) {
  return await withProcesses(profile ? "start" : undefined, async (processes) => {
    const config = { kind: "mesh", part: "provider", serves: true, dials: [] };
    const provider = await processes.start("provider", config);
    await provider.ask("provide");
    const measured = [];
    // The first one finds files that nobody has read for long; it is not counted.
    for (let run = 0; run <= runs; run++) {
      tell(run === 0 ? "start, ahead of the runs" : `start, run ${run} of ${runs}`);
      const phases = await firstCall(provider.ready.addresses[0]);
      if (run > 0) measured.push(phases);
    }
    const result = { firstCall: medians(measured) };
    return { ...result, gates: judged(GATES, result) };
  });
}

async function firstCall(address) {
  const spawnedAt = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, [CALLER, address, REALM, ECHO], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: DEADLINE,
  });
  let text = "";
  child.stdout.on("data", (bytes) => {
    text += bytes;
  });
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`the cold process failed (${signal ?? `exit code ${code}`})`);
  const times = JSON.parse(text);
  return {
    totalMs: times.call - spawnedAt,
    nodeStartMs: times.node - spawnedAt,
    importMs: times.import - times.node,
    createNodeMs: times.createNode - times.import,
    readyMs: times.ready - times.createNode,
    callMs: times.call - times.ready,
  };
}
