import { span } from "../show/span.ts";
import { counted, indented, short, table } from "../show/table.ts";
import type { LinkView, TopView } from "./top-view.ts";

/** What there is room for. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** Letters that move the cursor or colour the screen: what peers have said may hold them. */
const CONTROLS = /\p{Cc}/gu;

/** The view as lines of text, as many and as wide as there is room for. */
export function drawTop(view: TopView, room: Room): string {
  const links = linkLines(view.links);
  const head = [
    ...facts(view),
    "",
    ...callLines(view),
    "",
    `${counted(view.links.length, "link")}`,
  ];
  const free = room.rows - head.length;
  const shown =
    links.length <= free ? links : [...links.slice(0, Math.max(0, free - 1)), more(links, free)];
  return [...head, ...shown]
    .slice(0, room.rows)
    .map((line) => line.replace(CONTROLS, "?").slice(0, room.columns))
    .join("\n");
}

function more(links: readonly string[], free: number): string {
  return `  … ${links.length - Math.max(0, free - 1)} more`;
}

function facts(view: TopView): string[] {
  const state = view.ready ? "ready" : "not ready";
  return [
    `${short(view.id)}  ${view.mode}  ${state}, ${view.health}, up ${span(view.uptime)}`,
    ...view.reasons.flatMap(({ code, text, whatToDo }) => [
      `  ${code}: ${text}`,
      `    > ${whatToDo}`,
    ]),
    `forwards ${perSecond(view.forwarded.framesPerSecond)} frames, ${bytes(view.forwarded.bytesPerSecond)}`,
    `answers ${perSecond(view.executedPerSecond)} calls, ${view.handlersAtWork} at work; ${view.callsPending} own calls pending`,
    `knows ${counted(view.contacts, "node")}, holds ${counted(view.records, "record")}`,
  ];
}

function callLines({ calls }: TopView): string[] {
  if (calls.length === 0) return ["no calls to others yet"];
  const rows = calls.map((it) => [it.strategy, it.outcome, it.perSecond.toFixed(1), it.total]);
  const fitted = rows.map(([way, outcome, rate, total]) => [way, outcome, Number(rate), total]);
  return lines(table(fitted as (string | number)[][], ["calls", "outcome", "a second", "in all"]));
}

function linkLines(links: readonly LinkView[]): string[] {
  if (links.length === 0) return [];
  const rows = links.map((link) => [
    short(link.node),
    link.transport,
    link.kind,
    link.strategy ?? "",
    link.roundTrip === undefined ? "" : span(link.roundTrip),
    Number(link.sentPerSecond.toFixed(1)),
    Number(link.receivedPerSecond.toFixed(1)),
    link.buffered,
  ]);
  const head = [
    "node",
    "over",
    "kind",
    "calls go",
    "round trip",
    "sent/s",
    "received/s",
    "waiting",
  ];
  return lines(indented(table(rows, head)));
}

const lines = (text: string): string[] => text.split("\n");

function perSecond(rate: number): string {
  return `${rate >= 100 ? Math.round(rate) : rate.toFixed(1)}/s`;
}

function bytes(rate: number): string {
  if (rate < 1_000) return `${Math.round(rate)} B/s`;
  if (rate < 1_000_000) return `${(rate / 1_000).toFixed(1)} kB/s`;
  return `${(rate / 1_000_000).toFixed(1)} MB/s`;
}
