import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Path } from "./stage.ts";

/** A socket on a free port of the loopback interface. */
export async function loopbackSocket(ipv6: boolean): Promise<Socket> {
  const socket = createSocket(ipv6 ? "udp6" : "udp4");
  // What a closed port answers is no concern of a test socket.
  socket.on("error", () => {});
  socket.bind(0, ipv6 ? "::1" : "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** Carries datagrams between one dialler and one address, and loses what it is told to lose. */
export class UdpPath implements Path {
  readonly address: Address;
  readonly #front: Socket;
  readonly #to: Address;
  readonly #ipv6: boolean;
  #back: Socket;
  #dialler: RemoteInfo | undefined;
  #toDrop = 0;
  #cut = false;

  private constructor(front: Socket, back: Socket, to: Address, ipv6: boolean) {
    this.#front = front;
    this.#back = back;
    this.#to = to;
    this.#ipv6 = ipv6;
    const { address, port } = front.address();
    this.address = toAddress(address, port);
    front.on("message", (bytes, from) => this.#forth(bytes, from));
    this.#listenBack(back);
  }

  static async open(to: Address): Promise<UdpPath> {
    const ipv6 = to.startsWith("[");
    return new UdpPath(await loopbackSocket(ipv6), await loopbackSocket(ipv6), to, ipv6);
  }

  dropNext(count: number): void {
    this.#toDrop = count;
  }

  cut(): void {
    this.#cut = true;
  }

  async rebind(): Promise<void> {
    const old = this.#back;
    this.#back = await loopbackSocket(this.#ipv6);
    this.#listenBack(this.#back);
    old.close();
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }

  #listenBack(back: Socket): void {
    back.on("message", (bytes) => {
      if (this.#cut || this.#dialler === undefined) return;
      this.#front.send(bytes, this.#dialler.port, this.#dialler.address);
    });
  }

  #forth(bytes: Uint8Array, from: RemoteInfo): void {
    this.#dialler = from;
    if (this.#toDrop > 0) {
      this.#toDrop -= 1;
      return;
    }
    if (this.#cut) return;
    const { host, port } = parseHostPort(this.#to);
    this.#back.send(bytes, port, host);
  }
}
