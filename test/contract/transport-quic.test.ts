import type { Socket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { createQuicTransport } from "../../src/transport/quic/quic-transport.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { arrivals } from "./probes.ts";
import { inRealTime } from "./real-time.ts";
import {
  identityOf,
  PACKETS,
  type Path,
  type Stage,
  type StageTransportOptions,
  type Stranger,
} from "./stage.ts";
import { PAPERS } from "./stranger/papers.ts";
import { visit } from "./stranger/stranger.ts";
import { transportContract } from "./transport-contract.ts";
import { loopbackSocket, UdpPath } from "./udp-path.ts";

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

  visit(stranger: Stranger, to: Address): Promise<string> {
    return visit(this.#stranger, to, PAPERS[stranger]);
  }

  settle<T>(work: Promise<T>, what: string): Promise<T> {
    return inRealTime(work, what);
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
    for (const path of this.#paths) path.close();
    this.#stranger.close();
  }
}

async function openStage(options?: { readonly ipv6?: boolean }): Promise<QuicStage> {
  const ipv6 = options?.ipv6 === true;
  return new QuicStage(ipv6, await loopbackSocket(ipv6));
}

transportContract({ kind: "quic", abilities: PACKETS, open: openStage }, [1, 2, 3, 4, 5]);

describe("the stranger that the contract sends to the quic driver", () => {
  it("is let in with papers that are in order, so that its refusals mean something", async () => {
    const stage = await openStage();
    const socket = await loopbackSocket(false);
    try {
      const transport = stage.transport(1);
      const arrived = arrivals(transport);
      const address = await stage.settle(transport.listen(stage.anywhere()), "listen");
      const verdict = visit(socket, address, identityOf(9));
      const { connection } = await stage.settle(arrived.take(), "arrival");
      expect(connection.peer).toEqual(identityOf(9).id);
      connection.close(7, "seen you");
      expect(await stage.settle(verdict, "the verdict")).toBe("7: seen you");
    } finally {
      socket.close();
      await stage.close();
    }
  });
});
