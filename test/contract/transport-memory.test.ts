import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { World } from "../../src/sim/world.ts";
import type { LinkProfile } from "../../src/transport/memory/conditions.ts";
import type { MemoryTransport } from "../../src/transport/memory/memory-transport.ts";
import type { Transport, TransportIdentity } from "../../src/transport/transport.ts";
import { FOREIGN_IDENTITIES } from "./foreign.ts";
import { fuzzContract } from "./fuzz.ts";
import { ConnectionProbe } from "./probes.ts";
import {
  identityOf,
  PACKETS,
  type Path,
  type Stage,
  type StageKind,
  type StageTransportOptions,
  type Stranger,
  useStage,
} from "./stage.ts";
import { streamContract } from "./streams.ts";
import { transportContract } from "./transport-contract.ts";

const STRANGERS: Readonly<Record<Stranger, TransportIdentity>> = {
  "no certificate": { ...identityOf(9), certificate: new Uint8Array(0) },
  "the certificate of another key": { ...identityOf(9), certificate: identityOf(8).certificate },
  "a P-256 certificate": FOREIGN_IDENTITIES.p256,
  "an RSA certificate": FOREIGN_IDENTITIES.rsa,
};

class MemoryStage implements Stage {
  readonly #world: World;
  readonly #ipv6: boolean;

  constructor(link: Partial<LinkProfile>, ipv6: boolean) {
    this.#world = new World({ seed: 1, link });
    this.#ipv6 = ipv6;
  }

  transport(node: number, options: StageTransportOptions = {}): MemoryTransport {
    return this.#world.network.transport({
      identity: options.identity ?? identityOf(node),
      address: this.anywhere(node),
      limits: options.limits ?? {},
    });
  }

  anywhere(node: number): Address {
    return this.#ipv6 ? toAddress(`fd00::${node + 1}`, 0) : this.#world.address(node, 0);
  }

  async path(dialler: Transport, to: Address): Promise<Path> {
    const { conditions } = this.#world.network;
    const there = parseHostPort(to).host;
    const transport = dialler as MemoryTransport;
    return {
      address: to,
      dropNext: (count) => conditions.dropNext(transport.ip, there, count),
      cut: () => {
        conditions.cutOneWay(transport.ip, there);
        conditions.cutOneWay(there, transport.ip);
      },
      rebind: async () => {
        transport.rebind(toAddress("203.0.113.5", 0));
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

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);

transportContract(
  {
    kind: "memory",
    abilities: PACKETS,
    open: async (options) => new MemoryStage({ delay: [1, 4] }, options?.ipv6 === true),
  },
  seeds(30),
);

const LOSSY: StageKind = {
  kind: "memory, over a bad network,",
  abilities: PACKETS,
  open: async () => new MemoryStage({ delay: [1, 40], loss: 0.1 }, false),
};

streamContract(LOSSY, useStage(LOSSY));
fuzzContract(LOSSY, useStage(LOSSY), seeds(30));
