import { createServer, type Server, type Socket } from "node:net";
import { openSocket } from "../../http/unix-socket.ts";
import type { MeshNode } from "../../index.ts";
import { answerAt, refuse } from "./conversation.ts";
import { CONNECTIONS_MAX } from "./message.ts";

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
    const control = new ControlServer(path, node);
    await openSocket(control.#server, path, { name: "control socket", flag: "--control" });
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
