import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { createTlsTransport } from "../../src/transport/tls/tls-transport.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { arrivals } from "./probes.ts";
import { inRealTime } from "./real-time.ts";
import {
  CONNECTIONS,
  identityOf,
  type Path,
  type Stage,
  type StageTransportOptions,
  type Stranger,
} from "./stage.ts";
import { PAPERS } from "./stranger/papers.ts";
import { visitOverTcp } from "./stranger/tcp-stranger.ts";
import { TcpPath } from "./tcp-path.ts";
import { transportContract } from "./transport-contract.ts";

class TlsStage implements Stage {
  readonly #ipv6: boolean;
  readonly #transports: Transport[] = [];
  readonly #paths: TcpPath[] = [];
  readonly #strangers: Socket[] = [];

  constructor(ipv6: boolean) {
    this.#ipv6 = ipv6;
  }

  transport(node: number, options: StageTransportOptions = {}): Transport {
    const transport = createTlsTransport({
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
    const path = await TcpPath.open(to);
    this.#paths.push(path);
    return path;
  }

  inject(to: Address, bytes: Bytes): void {
    const { host, port } = parseHostPort(to);
    const stranger = connect(port, host);
    stranger.on("error", () => {});
    stranger.resume();
    stranger.end(bytes);
    this.#strangers.push(stranger);
  }

  visit(stranger: Stranger, to: Address): Promise<string> {
    return visitOverTcp(to, PAPERS[stranger]);
  }

  settle<T>(work: Promise<T>, what: string): Promise<T> {
    return inRealTime(work, what);
  }

  async close(): Promise<void> {
    for (const stranger of this.#strangers) stranger.destroy();
    const closing = this.#transports.map((transport) => transport.close());
    for (const path of this.#paths) path.close();
    await Promise.all(closing);
  }
}

async function openStage(options?: { readonly ipv6?: boolean }): Promise<TlsStage> {
  return new TlsStage(options?.ipv6 === true);
}

transportContract({ kind: "tls", abilities: CONNECTIONS, open: openStage }, [1, 2, 3, 4, 5]);

describe("the stranger that the contract sends to the tls driver", () => {
  it("is let in with papers that are in order, so that its refusals mean something", async () => {
    const stage = await openStage();
    try {
      const transport = stage.transport(1);
      const arrived = arrivals(transport);
      const address = await stage.settle(transport.listen(stage.anywhere()), "listen");
      const verdict = visitOverTcp(address, identityOf(9));
      const { connection } = await stage.settle(arrived.take(), "arrival");
      expect(connection.peer).toEqual(identityOf(9).id);
      connection.close(7, "seen you");
      expect(await stage.settle(verdict, "the verdict")).toBe("7: seen you");
    } finally {
      await stage.close();
    }
  });
});
