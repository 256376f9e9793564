import type { Point } from "./layout.ts";
import type { Edge } from "./topology.ts";

export interface MeshEdgeProps {
  readonly edge: Edge;
  readonly from: Point | undefined;
  readonly to: Point | undefined;
  /** Bytes a second. */
  readonly rate: number;
}

/** Bytes a second above which a link is drawn as busy: more than its signs of life. */
const BUSY = 1_000;

export function MeshEdge({ edge: { kind, isTcp }, from, to, rate }: MeshEdgeProps) {
  if (from === undefined || to === undefined) return null;
  const line = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  const width = 1.5 + Math.min(3, Math.log10(1 + rate / BUSY));
  return (
    <g class={`edge ${kind} ${isTcp ? "tcp" : ""}`}>
      <line {...line} stroke-width={width} />
      {rate > BUSY ? <line {...line} class="flow" /> : null}
    </g>
  );
}
