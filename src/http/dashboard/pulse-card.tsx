import { area, curveMonotoneX, line } from "d3-shape";
import { count } from "./format.ts";
import type { Rates } from "./history.ts";

const WIDTH = 320;
const HEIGHT = 54;
const SPAN = 120_000;

/** What went on in the last two minutes, while this page was open. */
export function PulseCard({ rates }: { readonly rates: readonly Rates[] }) {
  return (
    <section class="card pulse" aria-labelledby="pulse-title">
      <h2 id="pulse-title">The last two minutes</h2>
      <Curve
        name="own calls a second"
        kind="multi-hop"
        rates={rates}
        value={({ calls }) => calls}
      />
      <Curve
        name="frames a second for others"
        kind="forwarded"
        rates={rates}
        value={({ forwarded }) => forwarded}
      />
    </section>
  );
}

interface CurveProps {
  readonly name: string;
  readonly kind: string;
  readonly rates: readonly Rates[];
  value(rates: Rates): number;
}

function Curve({ name, kind, rates, value }: CurveProps) {
  const latest = rates.at(-1);
  const highest = Math.max(1, ...rates.map(value));
  const x = ({ at }: Rates): number => WIDTH - (((latest?.at ?? 0) - at) / SPAN) * WIDTH;
  const y = (it: Rates): number => HEIGHT - (value(it) / highest) * (HEIGHT - 4);
  const under = area<Rates>(x, HEIGHT, y).curve(curveMonotoneX);
  const over = line<Rates>(x, y).curve(curveMonotoneX);
  const now = latest === undefined ? 0 : value(latest);
  return (
    <div class={`curve ${kind}`}>
      <p>
        <strong>{count(now < 10 ? Math.round(now * 10) / 10 : Math.round(now))}</strong> {name}
      </p>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="under" d={under(rates) ?? ""} />
        <path class="over" d={over(rates) ?? ""} />
      </svg>
    </div>
  );
}
