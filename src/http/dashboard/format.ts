/** The beginning of an id, by which people tell nodes apart. */
export function short(id: string): string {
  return id.slice(0, 6);
}

/** Milliseconds. */
export function span(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value < 10) return `${value.toFixed(value < 1 ? 2 : 1)} ms`;
  if (value < 1_000) return `${Math.round(value)} ms`;
  return `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)} s`;
}

const AGES: readonly (readonly [number, string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/** Seconds, in the largest unit that fits. */
export function age(seconds: number): string {
  const [size, unit] = AGES.find(([it]) => seconds >= it) ?? [1, "s"];
  return `${Math.floor(Math.max(0, seconds) / size)} ${unit}`;
}

export function count(value: number): string {
  return new Intl.NumberFormat("en", {
    notation: value < 100_000 ? "standard" : "compact",
    maximumFractionDigits: 1,
  }).format(value);
}

const SIZES = ["B", "KB", "MB", "GB", "TB"];

/** Bytes. */
export function bytes(value: number): string {
  let at = 0;
  let size = value;
  for (; size >= 1_000 && at < SIZES.length - 1; at += 1) size /= 1_000;
  return `${size < 10 && at > 0 ? size.toFixed(1) : Math.round(size)} ${SIZES[at]}`;
}

/** `one node`, `2 nodes`. */
export function counted(value: number, noun: string): string {
  return `${value === 1 ? "one" : count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
