/** A process of the demo: its name in the drawing, its mode, and the one it dials. */
export interface Station {
  readonly name: StationName;
  readonly mode: "gateway" | "edge";
  readonly dials: StationName | undefined;
}

export type StationName = "A" | "B" | "C" | "provider" | "client";

/** In the order they start: whoever is dialled stands before whoever dials. */
export const STATIONS: readonly Station[] = [
  { name: "A", mode: "gateway", dials: undefined },
  { name: "B", mode: "gateway", dials: "A" },
  { name: "C", mode: "gateway", dials: "B" },
  { name: "provider", mode: "edge", dials: "C" },
  { name: "client", mode: "edge", dials: "A" },
];

/** Links each process must have, before and after: the chain and nothing else. */
export const EXPECTED_LINKS: Readonly<Record<StationName, number>> = {
  A: 2,
  B: 2,
  C: 2,
  provider: 1,
  client: 1,
};

export const DEMO_REALM = "org.example.demo";
