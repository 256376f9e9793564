import { styleText } from "node:util";
import type { Finding, Level } from "../doctor/facts.ts";
import { hasColour } from "../help.ts";

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

function shown(level: Level): string {
  const word = level.padEnd(4);
  return hasColour() ? styleText(COLOURS[level], word) : word;
}

/** One line for each finding, and one below it for what can be done. */
export function showFindings(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ topic }) => topic.length));
  const lines = findings.flatMap(({ topic, level, says, advice }) => [
    `${shown(level)}  ${topic.padEnd(width)}  ${says}`,
    ...(advice === undefined ? [] : [`${" ".repeat(width + 8)}> ${advice}`]),
  ]);
  return [...lines, verdict(findings)].join("\n");
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((it) => it.level === level).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed + warned === 0) return "all is well";
  return `${failed} to mend, ${warned} to look at`;
}
