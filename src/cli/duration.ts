import { UsageError } from "./usage-error.ts";

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST: number = 3_650 * 86_400_000;

/** Milliseconds behind `45m`, `12h` or `30d`. Throws `UsageError` on anything else, or more than ten years. */
export function readDuration(flag: string, text: string): number {
  const [, count, unit] = /^([1-9]\d{0,8})([mhd])$/.exec(text) ?? [];
  const duration = Number(count) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (duration <= LONGEST) return duration;
  throw new UsageError(
    `--${flag} is a number of minutes, hours or days, ten years at most: 45m, 12h, 30d; not "${text.slice(0, 40)}"`,
  );
}
