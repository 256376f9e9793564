import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { MeshNode, NodeStatus } from "../../src/index.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

/** What came back. */
export interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks a listener, with just these headers; a Host that fits is there unless another one is given. */
export function ask(url: string, path: string, question: Question = {}): Promise<Heard> {
  const { method = "GET", headers = {}, body } = question;
  const isSocket = url.startsWith("/");
  const target = isSocket ? { socketPath: url } : { ...hostOf(url) };
  const host = isSocket ? "localhost" : new URL(url).host;
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const options = { ...target, path, method, setHost: false, agent: false as const };
  return new Promise((resolve, reject) => {
    const request = send(
      { ...options, headers: { host, ...headers }, rejectUnauthorized: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on("error", reject).end(body);
  });
}

export function hostOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** The code in an answer that tells of a failure. */
export function codeIn({ text }: Heard): unknown {
  return (JSON.parse(text) as { error?: { code?: unknown } }).error?.code;
}

/** A node that is the first of its mesh, and one that dials a node which is not there. */
export async function lonelyNodes(): Promise<{
  readonly world: World;
  readonly first: MeshNode;
  readonly lost: MeshNode;
}> {
  const world = new World({ seed: 1 });
  const first = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const lost = await startSimNode(world, 1, { mode: "edge", bootstrap: [5] });
  return { world, first, lost };
}

/** The status of a node, changed in places. */
export function nodeWith(node: MeshNode, change: Partial<NodeStatus>): MeshNode {
  return { ...node, status: () => ({ ...node.status(), ...change }) } as MeshNode;
}
