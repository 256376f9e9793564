import { fileURLToPath } from "node:url";
import { createNode, type MeshNode } from "../../src/index.ts";
import { hostPort, REALM } from "./chain.ts";
import { type RunningNode, startNode } from "./command.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}.mjs`, import.meta.url));
const GATEWAY = ["--mode", "gateway", "--listen", "127.0.0.1:0"];

/** Milliseconds; a loaded machine may take its time to start five processes. */
const PATIENT = 15_000;

/**
 * Three gateways and two providers of the same procedures, each in a process of its own. All that any of them is
 * told is the address of the first gateway, and not its id; the providers listen nowhere.
 */
export class OneAddress implements AsyncDisposable {
  readonly nodes: Map<string, RunningNode> = new Map();
  readonly #clients: MeshNode[] = [];

  static async start(): Promise<OneAddress> {
    const mesh = new OneAddress();
    try {
      await mesh.#gateway("entrance");
      await Promise.all([mesh.#gateway("second"), mesh.#gateway("third")]);
      await Promise.all([mesh.serve("provider"), mesh.serve("other provider")]);
      return mesh;
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts a process that offers the procedures of a fixture; it can be dialled where it is a gateway. */
  async serve(
    name: string,
    module = "procedures",
    { isGateway = false, identity }: { isGateway?: boolean; identity?: string } = {},
  ): Promise<RunningNode> {
    const role = isGateway ? GATEWAY : [];
    const key = identity === undefined ? [] : ["--identity", identity];
    const node = await startNode("serve", fixture(module), ...role, ...key, ...this.#flags());
    this.nodes.set(name, node);
    return node;
  }

  async #gateway(name: string): Promise<void> {
    this.nodes.set(name, await startNode("start", ...GATEWAY, ...this.#flags()));
  }

  #flags(): string[] {
    const entrance = this.nodes.get("entrance");
    const bootstrap = entrance === undefined ? [] : ["--bootstrap", hostPort(entrance.address)];
    return ["--realm", REALM, "--timeout", String(PATIENT), ...bootstrap];
  }

  /** A node in the test's own process that knows nobody but the entrance, and stays on the way over gateways. */
  async client(): Promise<MeshNode> {
    const node = await createNode({
      realm: REALM,
      bootstrap: [hostPort(this.node("entrance").address)],
      routingStrategy: "multi_hop_only",
    });
    this.#clients.push(node);
    await node.ready({ timeout: PATIENT });
    return node;
  }

  node(name: string): RunningNode {
    return this.nodes.get(name) as RunningNode;
  }

  ids(...names: readonly string[]): string[] {
    return names.map((name) => this.node(name).id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((node) => node.close()));
    const all = [...this.nodes.values()];
    await Promise.all(all.map(({ running }) => running[Symbol.asyncDispose]()));
  }
}
