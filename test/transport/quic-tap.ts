import type { RemoteInfo, Socket } from "node:dgram";
import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { loopbackSocket } from "../contract/udp-path.ts";

/** Says whether a datagram goes on. */
export type Filter = (bytes: Bytes) => boolean;

/** A wire between one dialler and a listener: it records, loses what the filters say, and can be spoken into. */
export class Tap {
  readonly address: Address;
  /** What went to the listener, and what came back. */
  readonly forth: Bytes[] = [];
  readonly back: Bytes[] = [];
  passForth: Filter = () => true;
  passBack: Filter = () => true;
  readonly #front: Socket;
  readonly #rear: Socket;
  readonly #host: string;
  readonly #port: number;
  #dialler: RemoteInfo | undefined;

  private constructor(front: Socket, rear: Socket, to: Address) {
    const { host, port } = parseHostPort(to);
    this.#host = host;
    this.#port = port;
    this.#front = front;
    this.#rear = rear;
    this.address = toAddress("127.0.0.1", front.address().port);
    front.on("message", (bytes, from) => {
      this.#dialler = from;
      this.forth.push(Uint8Array.from(bytes));
      if (this.passForth(bytes)) this.toListener(bytes);
    });
    rear.on("message", (bytes) => {
      this.back.push(Uint8Array.from(bytes));
      if (this.passBack(bytes)) this.toDialler(bytes);
    });
  }

  static async open(to: Address): Promise<Tap> {
    return new Tap(await loopbackSocket(false), await loopbackSocket(false), to);
  }

  /** Says something to the listener in the dialler's place. */
  toListener(bytes: Bytes): void {
    this.#rear.send(bytes, this.#port, this.#host);
  }

  /** Says something to the dialler in the listener's place. */
  toDialler(bytes: Bytes): void {
    if (this.#dialler !== undefined) this.#front.send(bytes, this.#dialler.port, "127.0.0.1");
  }

  close(): void {
    this.#front.close();
    this.#rear.close();
  }
}
