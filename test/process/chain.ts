import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createNode, type MeshNode } from "../../src/index.ts";
import { type RunningNode, startNode } from "./command.ts";

export const REALM = "org.example.test";
const MODULE = fileURLToPath(new URL("fixtures/procedures.mjs", import.meta.url));

/** A loaded machine may take its time to start five processes. */
const PATIENT = ["--timeout", "15000"];

/** The flags of a node that keeps to the links it is told. */
export function linked(...bootstrap: readonly string[]): string[] {
  const links = bootstrap.flatMap((address) => ["--bootstrap", address]);
  return ["--realm", REALM, "--links", "static", "--log", "info", ...links];
}

/** `text` without the id in front of the @. */
export const hostPort = (address: string): string => address.split("@").at(-1) as string;

/**
 * Client – A – B – C – provider, and no other link. The client lives in the test's own process, each of
 * the others in one of its own. A and B have key files, so that they can be started again as themselves.
 */
export class Chain implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "macula-test-"));
  readonly nodes: Map<string, RunningNode> = new Map();
  client!: MeshNode;

  static async start(): Promise<Chain> {
    const chain = new Chain();
    try {
      await chain.#startAll();
      return chain;
    } catch (error) {
      await chain[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startAll(): Promise<void> {
    await this.startGateway("A", "127.0.0.1:0");
    await this.startGateway("B", "127.0.0.1:0", "A");
    await this.startGateway("C", "127.0.0.1:0", "B");
    const provider = await startNode("serve", MODULE, ...linked(this.address("C")), ...PATIENT);
    this.nodes.set("provider", provider);
    this.client = await createNode({
      realm: REALM,
      mode: "edge",
      links: "static",
      listen: false,
      bootstrap: [this.address("A")],
    });
    await this.client.ready({ timeout: 15_000 });
  }

  /** Starts a gateway under a key file of its own, linked to `dials`. */
  async startGateway(name: string, listen: string, dials?: string): Promise<void> {
    const key = join(this.directory, `${name}.key`);
    const links = linked(...(dials === undefined ? [] : [this.address(dials)]));
    const flags = ["--mode", "gateway", "--listen", listen, "--identity", key];
    this.nodes.set(name, await startNode("start", ...flags, ...links, ...PATIENT));
  }

  node(name: string): RunningNode {
    return this.nodes.get(name) as RunningNode;
  }

  address(name: string): string {
    return this.node(name).address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client?.close();
    const all = [...this.nodes.values()];
    await Promise.all(all.map(({ running }) => running[Symbol.asyncDispose]()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
