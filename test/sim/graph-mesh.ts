import type { MeshNode } from "../../src/node/api.ts";
import type { Graph } from "../../src/sim/graph.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

/** A mesh whose links are those of a graph and no others; every node provides `who`, which counts. */
export class GraphMesh {
  readonly world: World;
  readonly graph: Graph;
  readonly nodes: MeshNode[] = [];
  /** Executions by what the caller has given. */
  readonly executions = new Map<string, number>();
  readonly #isEdge: (node: number) => boolean;

  private constructor(world: World, graph: Graph, isEdge: (node: number) => boolean) {
    this.world = world;
    this.graph = graph;
    this.#isEdge = isEdge;
  }

  static async start(
    graph: Graph,
    seed: number,
    isEdge: (node: number) => boolean = () => false,
  ): Promise<GraphMesh> {
    const world = new World({ seed, keys: "cheap", link: { delay: [1, 5] } });
    const mesh = new GraphMesh(world, graph, isEdge);
    for (let number = 0; number < graph.size; number++) await mesh.#add(number);
    await world.advance(500);
    return mesh;
  }

  /** The answer, or the code of the failure. */
  call(from: number, to: number, tag: string, options: object = {}): Promise<unknown> {
    const provider = this.nodes[to]?.id as string;
    const call = this.nodes[from]?.call("who", tag, { ...options, provider });
    return (call as Promise<unknown>).catch((cause: { code?: unknown }) => cause.code ?? cause);
  }

  async #add(number: number): Promise<void> {
    const bootstrap = this.graph.edges
      .filter(([, later]) => later === number)
      .map(([earlier]) => earlier);
    const node = await startSimNode(this.world, number, {
      mode: this.#isEdge(number) ? "edge" : "gateway",
      listen: true,
      bootstrap,
    });
    this.nodes.push(node);
    node
      .register("who", (tag) => {
        const key = String(tag);
        this.executions.set(key, (this.executions.get(key) ?? 0) + 1);
        return number;
      })
      .catch(() => {}); // Whether its record was taken does not matter: it is called by its id.
  }
}
