import { missing } from "./modules.ts";

/** Why tests that build labs can't run here; undefined where they can. */
export const unavailable: string | undefined = missing();

if (unavailable !== undefined) {
  // Where a lab is asked for, as in .ci/run, a test that is left out is one that failed.
  if (process.env.MACULA_LAB === "required") throw new Error(unavailable);
  process.stderr.write(`tests of the NAT lab are skipped: ${unavailable}\n`);
}
