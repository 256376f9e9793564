import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Path } from "./stage.ts";

/** Milliseconds that TCP takes to notice a loss and repeat what was lost, or more. */
const REPEAT_AFTER = 30;

/** Carries the bytes of TCP connections to one address. What it loses, TCP repeats: it comes late. */
export class TcpPath implements Path {
  readonly address: Address;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #toDrop = 0;
  #cut = false;

  private constructor(server: Server, to: Address) {
    this.#server = server;
    const { address, port } = server.address() as AddressInfo;
    this.address = toAddress(address, port);
    server.on("connection", (front) => {
      const { host, port } = parseHostPort(to);
      const back = connect(port, host);
      this.#carry(front, back, true);
      this.#carry(back, front, false);
    });
  }

  static async open(to: Address): Promise<TcpPath> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.listen(0, to.startsWith("[") ? "::1" : "127.0.0.1");
    await once(server, "listening");
    return new TcpPath(server, to);
  }

  dropNext(count: number): void {
    this.#toDrop = count;
  }

  cut(): void {
    this.#cut = true;
  }

  /** TCP can't move: to both ends it is as if the other had gone. */
  async rebind(): Promise<void> {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(from: Socket, to: Socket, forth: boolean): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      if (!this.#cut) to.destroy();
    });
    from.on("end", () => {
      if (!this.#cut) to.end();
    });
    from.on("data", (bytes) => {
      if (this.#cut) return;
      if (forth && this.#toDrop > 0) {
        this.#toDrop -= 1;
        from.pause();
        setTimeout(() => {
          to.write(bytes);
          from.resume();
        }, REPEAT_AFTER);
      } else to.write(bytes);
    });
  }
}
