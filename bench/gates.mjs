/**
 * Figures beside their gates and aims: `{ value, gate, aim, met }` by name. `most` marks those that may not be
 * exceeded. What was not measured has the value null and counts as not met.
 */
export function judged(gates, result) {
  const entries = Object.entries(gates).map(([name, { of, gate, aim, most = false }]) => {
    const value = of(result) ?? null;
    const met = value !== null && (most ? value <= gate : value >= gate);
    return [name, { value, gate, aim, met }];
  });
  return Object.fromEntries(entries);
}
