import { groundIds, sybil } from "./attack.ts";
import { chain } from "./chain.ts";
import { join } from "./join.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario, by the name the command line knows it by. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  chain,
  "ground-ids": groundIds,
  join,
  sybil,
};
