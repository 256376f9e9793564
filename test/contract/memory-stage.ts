import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { StreamDriver } from "../../src/sim/stream-driver.ts";
import { World } from "../../src/sim/world.ts";
import type { LinkProfile } from "../../src/transport/memory/conditions.ts";
import type { MemoryTransport } from "../../src/transport/memory/memory-transport.ts";
import { PairedTransport } from "../../src/transport/paired-transport.ts";
import type { Transport, TransportIdentity } from "../../src/transport/transport.ts";
import { FOREIGN_IDENTITIES } from "./foreign.ts";
import { ConnectionProbe } from "./probes.ts";
import {
  identityOf,
  type Path,
  type Stage,
  type StageTransportOptions,
  type Stranger,
} from "./stage.ts";

const STRANGERS: Readonly<Record<Stranger, TransportIdentity>> = {
  "no certificate": { ...identityOf(9), certificate: new Uint8Array(0) },
  "the certificate of another key": { ...identityOf(9), certificate: identityOf(8).certificate },
  "a P-256 certificate": FOREIGN_IDENTITIES.p256,
  "an RSA certificate": FOREIGN_IDENTITIES.rsa,
};

/** The simulated network; where it is paired, each transport has a driver over streams behind it. */
export class MemoryStage implements Stage {
  readonly #world: World;
  readonly #ipv6: boolean;
  readonly #isPaired: boolean;
  /** What carries the datagrams of each transport. */
  readonly #sockets = new Map<Transport, MemoryTransport>();

  constructor(link: Partial<LinkProfile>, ipv6: boolean, isPaired = false) {
    this.#world = new World({ seed: 1, link });
    this.#ipv6 = ipv6;
    this.#isPaired = isPaired;
  }

  transport(node: number, { identity, limits = {} }: StageTransportOptions = {}): Transport {
    const { network, streams, clock } = this.#world;
    const own = { identity: identity ?? identityOf(node), address: this.anywhere(node), limits };
    const socket = network.transport(own);
    const make = async (): Promise<Transport> =>
      new StreamDriver(() => streams.transport({ ...own, isDatagram: false }));
    const transport = this.#isPaired
      ? new PairedTransport({ preferred: socket, fallback: { kind: "streams", make }, clock })
      : socket;
    this.#sockets.set(transport, socket);
    return transport;
  }

  anywhere(node: number): Address {
    return this.#ipv6 ? toAddress(`fd00::${node + 1}`, 0) : this.#world.address(node, 0);
  }

  async path(dialler: Transport, to: Address): Promise<Path> {
    const { network, streams } = this.#world;
    const there = parseHostPort(to).host;
    const socket = this.#sockets.get(dialler) as MemoryTransport;
    return {
      address: to,
      dropNext: (count) => network.conditions.dropNext(socket.ip, there, count),
      cut: () => {
        for (const { conditions } of [network, streams]) {
          conditions.cutOneWay(socket.ip, there);
          conditions.cutOneWay(there, socket.ip);
        }
      },
      rebind: async () => {
        socket.rebind(toAddress("203.0.113.5", 0));
      },
    };
  }

  inject(to: Address, bytes: Bytes): void {
    this.#world.network.inject(toAddress("198.51.100.1", 1), to, bytes);
  }

  async visit(stranger: Stranger, to: Address): Promise<string> {
    const transport = this.transport(9, { identity: STRANGERS[stranger] });
    const connection = await transport.dial(to, { timeout: 1_000 });
    return (await new ConnectionProbe(connection).closed).reason;
  }

  async settle<T>(work: Promise<T>, what: string): Promise<T> {
    try {
      return await this.#world.run(work, { within: 60_000 });
    } catch (cause) {
      if (cause instanceof Error) cause.message = `${what}: ${cause.message}`;
      throw cause;
    }
  }

  async close(): Promise<void> {
    await this.#world.advance(0);
  }
}
