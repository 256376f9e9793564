import type { CallReport } from "../../index.ts";
import { span } from "./span.ts";
import { counted, indented, short, table } from "./table.ts";

/** How a call went, for people: what became of it, its way, and what was tried before. */
export function showTrace(report: CallReport): string {
  const { procedure, provider, hops, elapsed, error } = report;
  const forwarders = hops.filter(({ rule }) => rule !== "deliver").length;
  const head =
    error === undefined
      ? `${procedure} was answered by ${short(provider as string)} in ${span(elapsed)} over ${counted(forwarders, "forwarder")}`
      : `${procedure} failed with ${error.code} after ${span(elapsed)}`;
  return [head, way(report), attempts(report)].filter((part) => part !== "").join("\n");
}

function way({ hops, error }: CallReport): string {
  if (hops.length === 0) return "";
  const rows = hops.map(({ node, rule, roundTrip }, at) => [
    at + 1,
    short(node),
    rule,
    span(roundTrip),
  ]);
  const title = error === undefined ? "way" : "came as far as";
  return `${title}\n${indented(table(rows, ["hop", "node", "went on by", "there and back"]))}`;
}

/** Left out where the first attempt did it. */
function attempts({ attempts: all }: CallReport): string {
  if (all.length === 0 || (all.length === 1 && all[0]?.failure === undefined)) return "";
  const rows = all.map(({ at, provider, via, rule, failure }) => [
    span(at),
    short(provider),
    short(via),
    rule,
    failure === undefined ? "" : `${failure.code}: ${failure.message}`,
  ]);
  return `tried\n${indented(table(rows, ["after", "provider", "by way of", "rule", "failed with"]))}`;
}
