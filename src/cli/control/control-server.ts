import { lstatSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { MeshError } from "../../base/errors.ts";
import type { MeshNode } from "../../index.ts";
import { answerAt, refuse } from "./conversation.ts";
import { CONNECTIONS_MAX } from "./message.ts";
import { checkPlace } from "./socket-path.ts";

/** A unix socket at which the owner of a running node asks it how it is. Nobody else may open it. */
export class ControlServer implements AsyncDisposable {
  readonly path: string;
  readonly #server: Server;
  /** Who asks now, and who is told that there are too many. */
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, node: MeshNode) {
    this.path = path;
    // Whoever has said all there is to say may close that side and still wants the answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#take(socket, node));
    this.#server.maxConnections = 2 * CONNECTIONS_MAX;
    this.#server.on("error", () => {}); // A connection that could not be taken: whoever made it is told.
  }

  /**
   * Listens at `path`, in place of a socket that a dead process has left there.
   *
   * @throws {MeshError} `address_in_use` where a process answers there, `bad_config` where no socket can be.
   */
  static async open(path: string, node: MeshNode): Promise<ControlServer> {
    checkPlace(path);
    const control = new ControlServer(path, node);
    const cause = await listen(control.#server, path);
    if (cause === undefined) return control;
    if (cause.code !== "EADDRINUSE") throw unusable(path, cause.message);
    if (!isSocket(path)) throw unusable(path, "there is something that is no socket");
    if (await isAnswered(path)) throw taken(path);
    unlinkSync(path);
    if ((await listen(control.#server, path)) !== undefined) throw taken(path);
    return control;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket, node: MeshNode): void {
    socket.on("error", () => {}); // Whoever asked has gone.
    const isFull = this.#sockets.size >= CONNECTIONS_MAX;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (isFull) refuse(socket);
    else void answerAt(socket, node);
  }
}

/** Resolves to what stands in the way, if anything does. */
function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const failed = (cause: NodeJS.ErrnoException): void => resolve(cause);
    server.once("error", failed);
    // The socket is made while `listen` runs, and is this user's alone from its first moment.
    const usual = process.umask(0o177);
    server.listen(path, () => {
      server.off("error", failed);
      resolve(undefined);
    });
    process.umask(usual);
  });
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== false;
}

/** False only where it is certain that no process listens there. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT"),
    );
  });
}

function taken(path: string): MeshError {
  return new MeshError("address_in_use", `another node answers at the control socket ${path}`);
}

function unusable(path: string, why: string): MeshError {
  return new MeshError("bad_config", `there can be no control socket at ${path}: ${why}`);
}
