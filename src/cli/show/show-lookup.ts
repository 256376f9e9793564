import type { LookupReport } from "../../index.ts";
import { span } from "./span.ts";
import { counted, indented, short, table } from "./table.ts";

/** What a lookup found, for people. `now` is Unix time. */
export function showLookup(report: LookupReport, now: number): string {
  const { procedure, providers, holder, steps, asked, answered, elapsed } = report;
  const rows = providers.map(({ node, anchors, expires }) => [
    node,
    anchors.length === 0 ? "" : `reached through ${anchors.map(short).join(" ")}`,
    `good for ${span(expires - now)}`,
  ]);
  const where =
    holder === "self"
      ? "the node that was asked holds the record itself"
      : `found at ${holder} in ${counted(steps, "step")}; ${asked} asked, ${answered} answered`;
  return `${counted(providers.length, "provider")} of ${procedure}\n${indented(table(rows))}\n${where}; ${span(elapsed)}`;
}
