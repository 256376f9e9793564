import { useState } from "preact/hooks";
import type { Picture, PictureCall } from "../picture.ts";
import { CallsCard } from "./calls-card.tsx";
import { DhtCard } from "./dht-card.tsx";
import { HealthCard } from "./health-card.tsx";
import type { Rates } from "./history.ts";
import { LatencyCard } from "./latency-card.tsx";
import { Mast } from "./mast.tsx";
import { MeshCard } from "./mesh-card.tsx";
import { PeersCard } from "./peers-card.tsx";
import { PulseCard } from "./pulse-card.tsx";
import { ShareCard } from "./share-card.tsx";

export interface PageProps {
  readonly picture: Picture;
  readonly rates: readonly Rates[];
  readonly problem: string | undefined;
  leave(): void;
}

export function Page({ picture, rates, problem, leave }: PageProps) {
  const [selected, select] = useState<string>();
  const [pinned, pin] = useState<PictureCall>();
  const call = pinned ?? latestOf(picture);
  const isStale = problem !== undefined;
  return (
    <>
      <a class="skip" href="#mesh">
        Skip to the mesh
      </a>
      <Mast picture={picture} problem={problem} leave={leave} />
      <main class={isStale ? "cards stale" : "cards"}>
        <MeshCard
          picture={picture}
          call={call}
          rates={rates.at(-1)}
          selected={selected}
          select={select}
        />
        <CallsCard picture={picture} call={call} pinned={pinned} pin={pin} />
        <HealthCard picture={picture} />
        <ShareCard calls={picture.calls} />
        <LatencyCard calls={picture.calls} />
        <PulseCard rates={rates} />
        <DhtCard dht={picture.dht} />
        <PeersCard picture={picture} rates={rates.at(-1)} selected={selected} select={select} />
      </main>
    </>
  );
}

/** The latest that crossed the mesh and whose stations have reported, as one a second does. Else the latest of all. */
function latestOf({ recent }: Picture): PictureCall | undefined {
  const told = recent.filter(({ hops }) => hops.length > 0);
  return told.find(({ hops }) => hops.length > 1) ?? told[0] ?? recent[0];
}
