import { arc, type PieArcDatum, pie } from "d3-shape";
import type { Picture } from "../picture.ts";
import { count, percent } from "./format.ts";

interface Part {
  readonly kind: "direct" | "multi-hop" | "failed";
  readonly text: string;
  readonly count: number;
}

const slices = pie<Part>()
  .value((part) => part.count)
  .sort(null)
  .padAngle((parts) => (parts.filter((part) => part.count > 0).length > 1 ? 0.03 : 0));
const slice = arc<PieArcDatum<Part>>().innerRadius(48).outerRadius(62).cornerRadius(4);

/** How calls travelled since the start of the node: through the mesh, over a link of their own, or in vain. */
export function ShareCard({ calls }: { readonly calls: Picture["calls"] }) {
  const parts = partsOf(calls);
  const all = parts.reduce((sum, part) => sum + part.count, 0);
  const [direct, routed] = parts;
  const answered = (direct?.count ?? 0) + (routed?.count ?? 0);
  const failures = calls.outcomes.filter(({ outcome, count }) => outcome !== "ok" && count > 0);
  return (
    <section class="card share" aria-labelledby="share-title">
      <h2 id="share-title">How calls travel</h2>
      <div class="donut">
        <svg viewBox="-66 -66 132 132" aria-hidden="true">
          <circle class="track" r="55" />
          {slices(parts).map((it) =>
            it.data.count === 0 ? null : (
              <path key={it.data.kind} class={`slice ${it.data.kind}`} d={slice(it) ?? ""} />
            ),
          )}
          <text class="number" y="2">
            {answered === 0 ? "–" : percent((routed?.count ?? 0) / answered)}
          </text>
          <text class="unit" y="18">
            multi-hop
          </text>
        </svg>
        <ul class="key">
          {parts.map(({ kind, text, count: number }) => (
            <li key={kind}>
              <i class={`swatch ${kind}`} />
              <strong>{count(number)}</strong> {text}
            </li>
          ))}
        </ul>
      </div>
      <p class="quiet">
        {all === 0
          ? "No call of this node is over yet."
          : failures.map((it) => `${it.outcome} ${count(it.count)}`).join(", ") ||
            "None has failed."}
      </p>
    </section>
  );
}

function partsOf({ outcomes }: Picture["calls"]): Part[] {
  const sum = (isMeant: (it: (typeof outcomes)[number]) => boolean): number =>
    outcomes.filter(isMeant).reduce((total, it) => total + it.count, 0);
  const answered = (strategy: "direct" | "multi_hop"): number =>
    sum((it) => it.outcome === "ok" && it.strategy === strategy);
  return [
    { kind: "direct", text: "directly", count: answered("direct") },
    { kind: "multi-hop", text: "through the mesh", count: answered("multi_hop") },
    { kind: "failed", text: "failed", count: sum(({ outcome }) => outcome !== "ok") },
  ];
}
