import { curveCardinal, line } from "d3-shape";
import type { PictureCall } from "../picture.ts";
import type { Point } from "./layout.ts";

const smooth = line<Point>(
  ({ x }) => x,
  ({ y }) => y,
).curve(curveCardinal.tension(0.7));

export interface CallWayProps {
  readonly call: PictureCall | undefined;
  readonly points: readonly (Point | undefined)[];
}

/** The way of a call through the mesh, with something that runs along it. */
export function CallWay({ call, points }: CallWayProps) {
  const known = points.filter((it) => it !== undefined);
  if (call === undefined || known.length < 2) return null;
  const d = smooth(known) ?? "";
  return (
    <g class={call.error === undefined ? "call-way" : "call-way failed"} data-call={call.number}>
      <path class="glow" d={d} />
      <path class="way" d={d} />
      <path key={call.number} class="comet" d={d} pathLength={100} />
    </g>
  );
}
