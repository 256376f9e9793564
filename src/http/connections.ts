import type { Socket } from "node:net";

/**
 * The connections of a listener. Where there are as many as may be, the one that has asked for nothing for longest gives
 * way: however many hold theirs open and say nothing, the next one finds room. Over TLS age alone decides.
 */
export class Connections {
  readonly max: number;
  /** The longest silent first. */
  readonly #sockets = new Set<Socket>();

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: Socket): void {
    socket.on("error", () => {}); // Whoever asked has gone.
    socket.once("close", () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    if (this.#sockets.size <= this.max) return;
    for (const oldest of this.#sockets) {
      this.#sockets.delete(oldest);
      oldest.destroy();
      return;
    }
  }

  /** It has asked for something. */
  touch(socket: Socket): void {
    if (this.#sockets.delete(socket)) this.#sockets.add(socket);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}
