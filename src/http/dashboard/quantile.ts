import type { HistogramStatus } from "../../base/histogram.ts";

/** The end of the span that a share of all values lies within, 0 to 1; `undefined` where there are none. Infinite beyond the last. */
export function quantile({ bounds, counts }: HistogramStatus, share: number): number | undefined {
  const all = total(counts);
  if (all === 0) return undefined;
  let below = 0;
  const at = counts.findIndex((count) => {
    below += count;
    return below >= share * all;
  });
  return bounds[at] ?? Number.POSITIVE_INFINITY;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
