import type { Log, LogFields, LogLevel } from "../base/ports.ts";

const ORDER: readonly (LogLevel | "off")[] = ["debug", "info", "warn", "error", "off"];

/** Tells events at `least` and above on stderr, a line each: time, level, event, fields. */
export function stderrLog(least: LogLevel | "off"): Log {
  const from = ORDER.indexOf(least);
  return {
    write(level, event, fields) {
      if (ORDER.indexOf(level) < from) return;
      process.stderr.write(`${new Date().toISOString()} ${level} ${event}${shown(fields)}\n`);
    },
  };
}

function shown(fields: LogFields | undefined): string {
  return Object.entries(fields ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join("");
}
