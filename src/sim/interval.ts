/** Standard deviations on each side of 95 % confidence. */
const Z = 1.96;

/** Where the true share of successes lies with 95 % confidence, after `found` of `trials` (Wilson, 1927). */
export function intervalOf(found: number, trials: number): readonly [number, number] {
  if (trials === 0) return [0, 1];
  const share = found / trials;
  const weight = (Z * Z) / trials;
  const middle = (share + weight / 2) / (1 + weight);
  const half = (Z * Math.sqrt((share * (1 - share)) / trials + weight / trials / 4)) / (1 + weight);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
