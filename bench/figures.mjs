/** The middle of some numbers; null where there are none or one is null. */
export function median(values) {
  if (values.length === 0 || values.some((value) => value === null || value === undefined)) {
    return null;
  }
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value below which a part (0 to 1) of an ascending array lies. */
export function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Medians field by field of objects that have the same numbers, at any depth. */
export function medians(objects) {
  const fields = Object.keys(objects[0]).map((name) => {
    const values = objects.map((object) => object[name]);
    const nested = typeof values[0] === "object" && values[0] !== null;
    return [name, nested ? medians(values) : rounded(median(values))];
  });
  return Object.fromEntries(fields);
}

/** Three digits at least, and no more than two behind the point. */
export function rounded(value) {
  if (value === null) return null;
  const digits = Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits));
}
