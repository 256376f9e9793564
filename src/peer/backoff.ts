import type { Millis, Random } from "../base/ports.ts";

export interface BackoffLimits {
  /** Wait after the first failure, before jitter. */
  readonly first: Millis;
  /** Wait that is not exceeded, before jitter. */
  readonly most: Millis;
}

export const BACKOFF_LIMITS: BackoffLimits = { first: 100, most: 1_500 };

/** Wait after a failure that trying again soon will hardly cure, such as another realm at that address. */
export const BACKOFF_HOPELESS: BackoffLimits = { first: 10_000, most: 60_000 };

/**
 * The wait before attempt `failures` + 1: doubled each time, and half of it by chance, so that those who lost
 * the same peer at once don't come back at once.
 */
export function backoff(limits: BackoffLimits, failures: number, random: Random): Millis {
  const whole = Math.min(limits.most, limits.first * 2 ** Math.min(20, Math.max(0, failures - 1)));
  return whole / 2 + random.below(Math.ceil(whole / 2) + 1);
}
