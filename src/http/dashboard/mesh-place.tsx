import { useEffect, useRef } from "preact/hooks";
import { short, span } from "./format.ts";
import type { Point } from "./layout.ts";
import type { Place } from "./topology.ts";

/** A hexagon around the origin. */
export const GATEWAY = "M0-9.5 8.2-4.75V4.75L0 9.5-8.2 4.75V-4.75Z";
const SELF = "M0-17 14.7-8.5V8.5L0 17-14.7 8.5V-8.5Z";

export interface MeshPlaceProps {
  readonly place: Place;
  readonly at: Point | undefined;
  /** 1 where there are many. */
  readonly scale: number;
  readonly isOnWay: boolean;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  select(id: string): void;
  /** Goes to the next one, or back. */
  walk(step: number): void;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

/** One node. */
export function MeshPlace(props: MeshPlaceProps) {
  const { place, at, scale, isOnWay, isSelected, isTabStop, select, walk } = props;
  const self = useRef<SVGGElement>(null);
  useEffect(() => {
    const hasFocus = document.activeElement?.closest(".frame svg") != null;
    if (isSelected && hasFocus) self.current?.focus();
  }, [isSelected]);
  if (at === undefined) return null;
  const press = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step !== undefined) walk(step);
    else if (event.key === "Enter" || event.key === " ") select(place.id);
    else return;
    event.preventDefault();
  };
  const classes = ["place", place.standing, place.transit === false ? "edge-node" : "gateway"];
  if (isOnWay) classes.push("on-way");
  if (isSelected) classes.push("selected");
  return (
    // biome-ignore lint/a11y/useSemanticElements: an SVG has no buttons of its own.
    <g
      ref={self}
      class={classes.join(" ")}
      transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)}) scale(${scale})`}
      role="button"
      tabindex={isTabStop ? 0 : -1}
      aria-label={wordsOf(place)}
      aria-pressed={isSelected}
      data-node={place.id}
      onClick={() => select(place.id)}
      onKeyDown={press}
    >
      <circle class="reach" r="22" />
      {place.anchor ? <circle class="anchor" r="14" /> : null}
      <Sign place={place} />
      <text y={place.standing === "self" ? 32 : 25}>
        {place.standing === "self" ? "this node" : short(place.id)}
      </text>
    </g>
  );
}

function Sign({ place: { standing, transit } }: { readonly place: Place }) {
  if (standing === "self") return <path class="body" d={SELF} />;
  if (transit === true) return <path class="body" d={GATEWAY} />;
  return <circle class="body" r={standing === "linked" ? 8 : 6} />;
}

const STANDING = {
  self: "this node",
  linked: "linked",
  known: "known, not linked",
  seen: "seen on the way of a call",
} as const;

function wordsOf({ id, standing, anchor, transit, link }: Place): string {
  const words = [`node ${short(id)}`, STANDING[standing]];
  if (standing !== "self" && transit !== undefined) words.push(transit ? "gateway" : "edge");
  if (anchor) words.push("anchor");
  if (link?.roundTrip !== undefined) words.push(span(link.roundTrip));
  return words.join(", ");
}
