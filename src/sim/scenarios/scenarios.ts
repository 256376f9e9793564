import { groundIds, sybil } from "./attack.ts";
import { bootstrapLoss } from "./bootstrap-loss.ts";
import { chain } from "./chain.ts";
import { churn } from "./churn.ts";
import { join } from "./join.ts";
import { lookup } from "./lookup.ts";
import { partition } from "./partition.ts";
import { routing } from "./routing.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario, by the name the command line knows it by. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "bootstrap-loss": bootstrapLoss,
  chain,
  churn,
  "ground-ids": groundIds,
  join,
  lookup,
  partition,
  routing,
  sybil,
};
