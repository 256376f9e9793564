/**
 * Figures beside their gates and aims: `{ value, gate, aim, met }` by name. `most` marks those that may not be
 * exceeded. Scenarios that were left out have no gates; what could not be measured (null) is not met.
 */
export function judged(gates, result) {
  const entries = Object.entries(gates).flatMap(([name, { of, gate, aim, most = false }]) => {
    const value = of(result);
    if (value === undefined) return [];
    const met = value !== null && (most ? value <= gate : value >= gate);
    return [[name, { value, gate, aim, met }]];
  });
  return Object.fromEntries(entries);
}
