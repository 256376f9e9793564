import type { Picture } from "../picture.ts";
import { count, span } from "./format.ts";
import { quantile, total } from "./quantile.ts";

type Latency = Picture["calls"]["latency"]["direct"];

const WIDTH = 320;
/** Of the highest column, and of the line between with its numbers. */
const HIGHEST = 84;
const LINE = 20;
/** Spans that are drawn even where nothing fell into them, so that few calls do not look like all there is. */
const SPANS_MIN = 8;

/** How long answers took: over direct links above the line, through the mesh below it. */
export function LatencyCard({ calls: { latency } }: { readonly calls: Picture["calls"] }) {
  const { direct, multi_hop: routed } = latency;
  const [from, to] = rangeOf(direct, routed);
  const highest = Math.max(1, ...direct.counts, ...routed.counts);
  const heightOf = (count: number): number =>
    count === 0 ? 0 : Math.max(2, (count / highest) * HIGHEST);
  const above = Math.max(HIGHEST / 3, heightOf(Math.max(...direct.counts)));
  const below = Math.max(HIGHEST / 3, heightOf(Math.max(...routed.counts)));
  const step = WIDTH / (to - from);
  const columns = Array.from({ length: to - from }, (_, at) => from + at);
  return (
    <section class="card latency" aria-labelledby="latency-title">
      <h2 id="latency-title">Milliseconds to the answer</h2>
      <svg viewBox={`0 0 ${WIDTH} ${above + LINE + below}`} aria-hidden="true">
        {columns.map((at) => {
          const up = heightOf(direct.counts[at] ?? 0);
          const down = heightOf(routed.counts[at] ?? 0);
          const box = { x: 2, width: step - 4, rx: 3 };
          return (
            <g key={at} transform={`translate(${((at - from) * step).toFixed(1)} 0)`}>
              <rect class="slice direct" {...box} y={above - up} height={up} />
              <rect class="slice multi-hop" {...box} y={above + LINE} height={down} />
              <text x={step / 2} y={above + 14}>
                {label(direct.bounds, at)}
              </text>
            </g>
          );
        })}
      </svg>
      <dl class="spans">
        <Spans name="direct" kind="direct" latency={direct} />
        <Spans name="through the mesh" kind="multi-hop" latency={routed} />
      </dl>
    </section>
  );
}

interface SpansProps {
  readonly name: string;
  readonly kind: string;
  readonly latency: Latency;
}

function Spans({ name, kind, latency }: SpansProps) {
  const calls = total(latency.counts);
  return (
    <div>
      <dt>
        <i class={`swatch ${kind}`} />
        {name}
      </dt>
      <dd>
        {calls === 0
          ? "no calls yet"
          : `half ${within(latency, 0.5)}, 95 % ${within(latency, 0.95)}; ${count(calls)} calls`}
      </dd>
    </div>
  );
}

function within(latency: Latency, share: number): string {
  const end = quantile(latency, share) ?? 0;
  return Number.isFinite(end) ? `≤ ${span(end)}` : `> ${span(latency.bounds.at(-1))}`;
}

function rangeOf(...all: readonly Latency[]): [number, number] {
  const used = all.flatMap(({ counts }) => counts.flatMap((it, at) => (it > 0 ? [at] : [])));
  const last = Math.max(SPANS_MIN - 1, ...used);
  return [Math.min(last - SPANS_MIN + 1, ...used), last + 1];
}

/** The end of a span, in milliseconds or seconds. */
function label(bounds: readonly number[], at: number): string {
  const end = bounds[at];
  if (end === undefined) return "∞";
  return end < 1_000 ? String(end) : `${end / 1_000}s`;
}
