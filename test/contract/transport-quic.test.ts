import type { Socket } from "node:dgram";
import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { createQuicTransport } from "../../src/transport/quic/quic-transport.ts";
import type { Transport } from "../../src/transport/transport.ts";
import {
  identityOf,
  type Path,
  type Stage,
  type StageTransportOptions,
  type Stranger,
} from "./stage.ts";
import { transportContract } from "./transport-contract.ts";
import { loopbackSocket, UdpPath } from "./udp-path.ts";

/** Real time that anything here may take, on a busy machine. */
const DEADLINE = 15_000;

class QuicStage implements Stage {
  readonly #ipv6: boolean;
  readonly #stranger: Socket;
  readonly #transports: Transport[] = [];
  readonly #paths: UdpPath[] = [];

  constructor(ipv6: boolean, stranger: Socket) {
    this.#ipv6 = ipv6;
    this.#stranger = stranger;
  }

  transport(node: number, options: StageTransportOptions = {}): Transport {
    const transport = createQuicTransport({
      identity: options.identity ?? identityOf(node),
      limits: options.limits ?? {},
    });
    this.#transports.push(transport);
    return transport;
  }

  anywhere(): Address {
    return toAddress(this.#ipv6 ? "::1" : "127.0.0.1", 0);
  }

  async path(_dialler: Transport, to: Address): Promise<Path> {
    const path = await UdpPath.open(to);
    this.#paths.push(path);
    return path;
  }

  inject(to: Address, bytes: Bytes): void {
    const { host, port } = parseHostPort(to);
    this.#stranger.send(bytes, port, host);
  }

  async visit(_stranger: Stranger, _to: Address): Promise<string> {
    throw new Error("not yet");
  }

  async settle<T>(work: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${what} took too long`)), DEADLINE);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
    for (const path of this.#paths) path.close();
    this.#stranger.close();
  }
}

transportContract({
  kind: "quic",
  open: async (options) => {
    const ipv6 = options?.ipv6 === true;
    return new QuicStage(ipv6, await loopbackSocket(ipv6));
  },
});
