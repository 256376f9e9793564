/** Letters that may be wrong, missing or too many, for each three that are right. */
const TOLERANCE = 3;

/** The name that was most likely meant by `word`; `undefined` where none is like it. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: distance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  const most = Math.max(1, Math.floor(word.length / TOLERANCE));
  if (best !== undefined && best.distance <= most) return best.name;
  return word.length >= TOLERANCE ? names.find((name) => name.startsWith(word)) : undefined;
}

/** `; did you mean …?` where there is such a name, else nothing. */
export function suggestion(word: string, names: readonly string[]): string {
  const name = nearest(word, names);
  return name === undefined ? "" : `; did you mean ${name}?`;
}

/** Letters to insert, remove, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  // Row 0 stands for no letters of `a`, column 0 for none of `b`.
  const costs = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const cost = (row: number, column: number): number => costs[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row++) {
    costs.push([row]);
    for (let column = 1; column <= b.length; column++) {
      const [last, other] = [a[row - 1], b[column - 1]];
      const isSwap = last === b[column - 2] && other === a[row - 2];
      (costs[row] as number[])[column] = Math.min(
        cost(row - 1, column) + 1,
        cost(row, column - 1) + 1,
        cost(row - 1, column - 1) + (last === other ? 0 : 1),
        isSwap ? cost(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return cost(a.length, b.length);
}
