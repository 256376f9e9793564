import type { Mode } from "./api.ts";

/** The two roles a mode is made of. */
export interface Roles {
  /** Passes on the frames of others. */
  readonly transit: boolean;
  /** Holds records and answers lookups. */
  readonly serves: boolean;
}

export const MODES: Readonly<Record<Mode, Roles>> = {
  bootstrap: { transit: false, serves: true },
  gateway: { transit: true, serves: true },
  edge: { transit: false, serves: false },
  hybrid: { transit: true, serves: true },
};
