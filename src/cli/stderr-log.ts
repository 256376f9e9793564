import type { Log, LogFields, LogLevel } from "../base/ports.ts";
import { LOG_ADVICE } from "./log-advice.ts";

const ORDER: readonly (LogLevel | "off")[] = ["debug", "info", "warn", "error", "off"];

/** Letters of a field; what comes from others may be long. */
const FIELD_MAX = 400;

/** Whole ids, in whatever text they stand. */
const ID = /\b([0-9a-f]{8})[0-9a-f]{56}\b/g;

/** How lines look: for people, or a JSON object each for programs. */
export type LogFormat = "text" | "json";

/** Tells events at `least` and above on stderr, a line each: time, level, event, fields, and what to do about it. */
export function stderrLog(least: LogLevel | "off", format: LogFormat = "text"): Log {
  const from = ORDER.indexOf(least);
  const line = format === "json" ? jsonLine : textLine;
  return {
    write(level, event, fields) {
      if (ORDER.indexOf(level) < from) return;
      const time = new Date().toISOString();
      process.stderr.write(`${line(time, level, event, told(level, event, fields))}\n`);
    },
  };
}

/** The fields as they are told: without whole ids, none of them long, and with advice where something is wrong. */
function told(level: LogLevel, event: string, fields: LogFields = {}): LogFields {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === "string" ? short(value) : value]);
  const isWrong = level === "warn" || level === "error";
  const advice = isWrong ? LOG_ADVICE[event] : undefined;
  return { ...Object.fromEntries(shown), ...(advice && { do: advice }) };
}

function short(text: string): string {
  const said = text.replace(ID, "$1");
  return said.length > FIELD_MAX ? `${said.slice(0, FIELD_MAX)}…` : said;
}

function textLine(time: string, level: LogLevel, event: string, fields: LogFields): string {
  const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${time} ${level} ${event}${shown.join("")}`;
}

/** The names of a field are the code's; none of them is `time`, `level` or `event`. */
function jsonLine(time: string, level: LogLevel, event: string, fields: LogFields): string {
  return JSON.stringify({ time, level, event, ...fields });
}
