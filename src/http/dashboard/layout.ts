import {
  type ForceLink,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from "d3-force";
import type { Edge, Topology } from "./topology.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

interface Body extends SimulationNodeDatum {
  readonly id: string;
  readonly isLinked: boolean;
}

type Spring = SimulationLinkDatum<Body> & { readonly kind: Edge["kind"] };

/** Room for a node and its name at the rim, in pixels. */
const RIM = 44;

/** Steps after which nothing moves any more that one would see. */
const STEPS = 240;

/** Lengths in a space of its own, which is stretched to fill the frame, but not without end. */
const LENGTH = { overlay: 100, shortcut: 100, seen: 85 } as const;
const STRETCH_MAX = 3;

/** Finds a place for each node, this one in the middle. Nodes keep their places as others come and go. */
export class Layout {
  readonly #simulation: Simulation<Body, Spring>;
  readonly #springs: ForceLink<Body, Spring>;
  readonly #bodies: Map<string, Body> = new Map();
  #stretch: Point = { x: 1, y: 1 };
  #size: Size = { width: 0, height: 0 };
  #shape = "";

  /** `moved` is told of every step. */
  constructor(moved: () => void) {
    this.#springs = forceLink<Body, Spring>([])
      .id(({ id }) => id)
      .distance(({ kind }) => LENGTH[kind])
      .strength(({ kind }) => (kind === "seen" ? 0.3 : 0.5));
    // What has no link is kept near by a weak pull.
    const pull = ({ isLinked }: Body): number => (isLinked ? 0.01 : 0.04);
    this.#simulation = forceSimulation<Body, Spring>([])
      .force("springs", this.#springs)
      .force("apart", forceManyBody<Body>().strength(-500))
      .force("collide", forceCollide<Body>(26).iterations(2))
      .force("x", forceX<Body>().strength(pull))
      .force("y", forceY<Body>().strength(pull))
      .on("tick", () => {
        this.#fit();
        moved();
      })
      .stop();
  }

  /** Takes what is there now. Where `isCalm`, all is at its place at once. */
  show({ places, edges }: Topology, size: Size, isCalm: boolean): void {
    this.#size = size;
    const shape = [...places.map(({ id }) => id), ...edges.map(({ from, to }) => from + to)].join();
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#take({ places, edges }, isCalm);
    }
    this.#fit();
  }

  /** Where a node is, in pixels from the upper left. */
  at(id: string): Point | undefined {
    const body = this.#bodies.get(id);
    if (body === undefined) return undefined;
    const { width, height } = this.#size;
    return {
      x: width / 2 + (body.x ?? 0) * this.#stretch.x,
      y: height / 2 + (body.y ?? 0) * this.#stretch.y,
    };
  }

  stop(): void {
    this.#simulation.stop();
  }

  #take({ places, edges }: Topology, isCalm: boolean): void {
    const before = new Map(this.#bodies);
    this.#bodies.clear();
    for (const { id, standing } of places) {
      const isLinked = standing === "linked";
      const isSelf = standing === "self";
      const body = isSelf ? { fx: 0, fy: 0 } : (before.get(id) ?? startOf(id));
      this.#bodies.set(id, { ...body, id, isLinked });
    }
    this.#simulation.nodes([...this.#bodies.values()]);
    this.#springs.links(edges.map(({ from, to, kind }) => ({ source: from, target: to, kind })));
    const isFirst = before.size === 0;
    this.#simulation.alpha(isFirst ? 1 : 0.5);
    if (isCalm || isFirst) this.#simulation.stop().tick(STEPS);
    else this.#simulation.restart();
  }

  /** Stretches the space so that the outermost nodes stand at the rim of the frame. */
  #fit(): void {
    const bodies = [...this.#bodies.values()];
    const { width, height } = this.#size;
    const stretch = (room: number, ends: readonly number[]): number =>
      Math.min(Math.max(0, room / 2 - RIM) / Math.max(1, ...ends), STRETCH_MAX);
    this.#stretch = {
      x: stretch(
        width,
        bodies.map(({ x = 0 }) => Math.abs(x)),
      ),
      y: stretch(
        height,
        bodies.map(({ y = 0 }) => Math.abs(y)),
      ),
    };
  }
}

/** By its id, so that a node begins at the same side each time. */
function startOf(id: string): { x: number; y: number } {
  const angle = (Number.parseInt(id.slice(0, 8), 16) / 2 ** 32) * 2 * Math.PI;
  return { x: Math.cos(angle) * LENGTH.overlay, y: Math.sin(angle) * LENGTH.overlay };
}
