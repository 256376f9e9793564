import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MeshNode } from "../../../src/index.ts";

/** A directory for sockets that goes with the test. */
export class Place implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "macula-control-"));

  /** Where a socket may be. */
  path(name = "a.sock"): string {
    return join(this.directory, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A server that says `answer` to whoever comes, or nothing. */
export async function sayer(path: string, answer: string | undefined): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (answer !== undefined) socket.end(answer);
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return server;
}

/** As much of a node as is asked over its control socket. */
export function nodeThat(
  parts: Partial<Pick<MeshNode, "status" | "lookup" | "explain">>,
): MeshNode {
  return parts as MeshNode;
}
