import { styleText } from "node:util";
import { hasColour } from "../help.ts";
import type { DemoReport, RouteStep } from "./demo-report.ts";
import { STATIONS } from "./topology.ts";

type Style = Parameters<typeof styleText>[0];

const ms = (time: number): string => `${time.toFixed(time < 10 ? 2 : 1)} ms`;

/** The way of one call, drawn from top to bottom with the time of every hop, and the figures below it. */
export function drawReport(report: DemoReport): string {
  const paint = (style: Style, text: string): string =>
    hasColour() ? styleText(style, text) : text;
  return [
    paint("bold", "The way of one call"),
    ...report.route.flatMap((step, at) => drawStep(step, at, report.route, paint)),
    "",
    paint("bold", "What came of it"),
    ...figures(report),
    "",
    verdict(report, paint),
  ].join("\n");
}

function drawStep(
  step: RouteStep,
  at: number,
  route: readonly RouteStep[],
  paint: (style: Style, text: string) => string,
): string[] {
  const slowest = Math.max(...route.map((it) => it.ms), 0.001);
  const mode = STATIONS.find((it) => it.name === step.role)?.mode ?? "";
  const isEnd = at === 0 || at === route.length - 1;
  const name = paint(isEnd ? "green" : "cyan", step.role.padEnd(9));
  const node = `  ${isEnd ? "●" : "○"} ${name} ${mode.padEnd(8)} ${paint("dim", step.node.slice(0, 8))}`;
  if (at === 0) return [node];
  const bar = "▇".repeat(Math.max(1, Math.round((step.ms / slowest) * 24)));
  const hop = `  │ ${ms(step.ms).padStart(9)}  ${paint("yellow", bar)} ${paint("dim", route[at - 1]?.rule ?? "")}`;
  return [hop, node];
}

function figures(report: DemoReport): string[] {
  const links = (counts: DemoReport["linksBefore"]): string =>
    STATIONS.map(({ name }) => `${name} ${counts[name]}`).join(", ");
  const rows: readonly (readonly [string, string])[] = [
    ["calls", `${report.calls.toLocaleString("en")}, ${report.failures} failed`],
    ["forwarders", `${report.forwarders}`],
    ["median", ms(report.p50Ms)],
    ["99 in 100", `within ${ms(report.p99Ms)}`],
    ["cold start", `${ms(report.coldStartMs)} from starting the client to its first answer`],
    ["links", `before: ${links(report.linksBefore)}`],
    ["", `after:  ${links(report.linksAfter)}`],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}`);
}

function verdict(report: DemoReport, paint: (style: Style, text: string) => string): string {
  if (report.ok) {
    const said = "Every answer was right, and client and provider never had a link.";
    return paint("green", `✓ ${said}`);
  }
  return paint("red", "✗ The demo did not hold; see the figures above.");
}
