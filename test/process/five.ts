import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Ended } from "./command.ts";
import { composed, Deployed, type Ready, type Service } from "./deployed.ts";
import { Homes, Loopback, type Site } from "./sites.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}.mjs`, import.meta.url));

/** Within which nodes have to learn what a test waits for, in milliseconds. */
const PATIENCE = 10_000;

/** A loaded machine may take its time to start five processes at once. */
const PATIENT = ["--timeout", "15000"];

export const NODES = ["bootstrap", "gateway", "edge1", "edge2", "edge3"] as const;
export type Name = (typeof NODES)[number];

/** On loopback. */
export const onLoopback = (): Promise<Site> => Loopback.of(NODES);

/** Each in a namespace, the edges in homes. NATs let the first two meet; from and to the third, calls need the gateway. */
export const inHomes = async (): Promise<Site> => {
  const hosts = { bootstrap: "p1", gateway: "p2", edge1: "a", edge2: "b", edge3: "c" };
  return new Homes({ left: "port", right: "addr", third: "sym" }, hosts);
};

/** What a page of the health listener said. */
export interface Page {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a command ended that prints one JSON object. */
export interface Told<T> {
  readonly code: number | null;
  readonly object: T;
}

/**
 * The nodes of `deploy/compose/edges.yml`, as processes that stay. There, edge2 and edge3 make one call and end; here
 * `calls` are made from where they are, and beside them edge2 is a node that only listens to the mesh and edge3 one
 * that offers a procedure which never answers.
 */
export class Five implements AsyncDisposable {
  readonly #directory: string;
  readonly #nodes: Deployed;

  private constructor(directory: string, nodes: Deployed) {
    this.#directory = directory;
    this.#nodes = nodes;
  }

  /** Starts all of them at once, as after a power cut. They are ready when this resolves. */
  static async start(site: Site): Promise<Five> {
    const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
    const five = new Five(directory, await Deployed.of(staying(directory), site));
    try {
      await five.#nodes.start(...NODES);
      return five;
    } catch (error) {
      await five[Symbol.asyncDispose]();
      throw error;
    }
  }

  ready(name: Name): Ready {
    return this.#nodes.ready(name);
  }

  ids(...names: readonly Name[]): string[] {
    return names.map((name) => this.ready(name).id);
  }

  /** Asks for pages of the health listener of a node, from where it is. */
  async pages(name: Name, ...paths: readonly string[]): Promise<Page[]> {
    const url = this.ready(name).health as string;
    const { stdout } = await this.#nodes.runFile(name, fixture("pages"), [url, ...paths]);
    return JSON.parse(stdout) as Page[];
  }

  /** Asks a node through its control socket: `peers`, `status`, `lookup <procedure>`. */
  async ask<T>(name: Name, ...words: readonly string[]): Promise<Told<T>> {
    const control = ["--control", controlOf(this.#directory, name)];
    return told(await this.#nodes.run(name, [...words, ...control]));
  }

  /** Runs a command where a node is. */
  async run<T>(name: Name, ...words: readonly string[]): Promise<Told<T>> {
    return told(await this.#nodes.run(name, words));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nodes[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The command by which the compose file has an edge make a call. */
export function callOf(name: "edge2" | "edge3"): readonly string[] {
  return (composed("edges").get(name) as Service).command;
}

/** Asks, and asks again, until the answer is as it should be. Throws with the last one where that takes too long. */
export async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  const late = performance.now() + PATIENCE;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (performance.now() < late) continue;
    throw new Error(`not within ${PATIENCE} ms, but ${JSON.stringify(answer)}`);
  }
}

function staying(directory: string): Map<string, Service> {
  const services = composed("edges");
  const { environment } = services.get("edge2") as Service;
  const joining = ["--bootstrap", "bootstrap:9443"];
  services.set("edge2", { command: ["start", "--mode", "edge", ...joining], environment });
  services.set("edge3", { command: ["serve", fixture("silent"), ...joining], environment });
  const seen = [...services].map(([name, service]) => {
    const flags = ["--health", "127.0.0.1:0", "--control", controlOf(directory, name)];
    return [name, { ...service, command: [...service.command, ...flags, ...PATIENT] }] as const;
  });
  return new Map(seen);
}

function controlOf(directory: string, name: string): string {
  return join(directory, `${name}.sock`);
}

function told<T>({ code, stdout, stderr }: Ended): Told<T> {
  if (stdout === "") throw new Error(`it ended with ${code} and said nothing but ${stderr}`);
  return { code, object: JSON.parse(stdout) as T };
}
