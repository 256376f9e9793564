import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import type { Picture, PictureCall } from "../picture.ts";
import { CallWay } from "./call-way.tsx";
import { counted } from "./format.ts";
import type { Rates } from "./history.ts";
import { Layout, type Size } from "./layout.ts";
import { Legend } from "./legend.tsx";
import { MeshEdge } from "./mesh-edge.tsx";
import { MeshPlace } from "./mesh-place.tsx";
import { PlaceDetails } from "./place-details.tsx";
import { topologyOf, wayOf } from "./topology.ts";

export interface MeshCardProps {
  readonly picture: Picture;
  readonly call: PictureCall | undefined;
  readonly rates: Rates | undefined;
  readonly selected: string | undefined;
  select(id: string | undefined): void;
}

const NOWHERE: Size = { width: 0, height: 0 };

/** The mesh as this node knows it, with the way of a call drawn into it. */
export function MeshCard({ picture, call, rates, selected, select }: MeshCardProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(NOWHERE);
  const [, redraw] = useReducer((it: number) => it + 1, 0);
  const layout = useMemo(() => new Layout(() => redraw(undefined as never)), []);
  const topology = topologyOf(picture);
  const { links, known } = picture;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  useLayoutEffect(() => {
    const look = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    if (frame.current) look.observe(frame.current);
    return () => look.disconnect();
  }, []);
  useEffect(() => () => layout.stop(), []);
  layout.show(topology, size, isCalm);

  const way = call === undefined ? [] : wayOf(picture.node.id, call);
  const ids = topology.places.map(({ id }) => id);
  const walk = (step: number): void => {
    const at = ids.indexOf(selected ?? picture.node.id);
    select(ids[(at + step + ids.length) % ids.length]);
  };
  const scale = topology.places.length > 24 || size.width < 500 ? 1 : 1.35;
  const more = links.more + known.more;
  return (
    <section class="card mesh" id="mesh" aria-labelledby="mesh-title" tabindex={-1}>
      <header>
        <h2 id="mesh-title">The mesh from here</h2>
        <p class="quiet">
          {counted(links.shown.length + links.more, "link")},{" "}
          {counted(known.shown.length + known.more, "other node")} known
          {more > 0 ? `; ${more} not drawn` : ""}
        </p>
      </header>
      <div class="frame" ref={frame}>
        {/* biome-ignore lint/a11y/useSemanticElements: an SVG has no field sets. */}
        <svg
          width={size.width}
          height={size.height}
          role="group"
          aria-label="Nodes of the mesh; the arrow keys go from one to the next"
        >
          {topology.edges.map((edge) => (
            <MeshEdge
              key={`${edge.from} ${edge.to}`}
              edge={edge}
              from={layout.at(edge.from)}
              to={layout.at(edge.to)}
              rate={rates?.links.get(edge.to) ?? 0}
            />
          ))}
          <CallWay call={call} points={way.map((id) => layout.at(id))} />
          {topology.places.map((place) => (
            <MeshPlace
              key={place.id}
              place={place}
              at={layout.at(place.id)}
              scale={scale}
              isOnWay={way.includes(place.id)}
              isSelected={place.id === selected}
              isTabStop={place.id === (selected ?? picture.node.id)}
              select={select}
              walk={walk}
            />
          ))}
        </svg>
      </div>
      <PlaceDetails picture={picture} selected={selected} close={() => select(undefined)} />
      <Legend />
    </section>
  );
}
