import { type Address, toAddress } from "../../src/base/address.ts";
import { createIdentity } from "../../src/identity/certificate.ts";
import {
  createQuicTransport,
  type QuicTransport,
} from "../../src/transport/quic/quic-transport.ts";
import type { TransportLimits } from "../../src/transport/transport.ts";
import { arrivals, ConnectionProbe, echo, type Queue } from "../contract/probes.ts";
import { Tap } from "./quic-tap.ts";

export const TIMEOUT = 5_000;

/** Transports and taps of one test, closed in the end. */
export class QuicScene {
  readonly #transports: QuicTransport[] = [];
  readonly #taps: Tap[] = [];

  transport(seed: number, limits: Partial<TransportLimits> = {}): QuicTransport {
    const identity = createIdentity(new Uint8Array(32).fill(seed));
    const transport = createQuicTransport({ identity, limits });
    this.#transports.push(transport);
    return transport;
  }

  /** A listener on loopback that sends back all it gets. */
  async echoing(seed: number, limits: Partial<TransportLimits> = {}): Promise<Echoing> {
    const transport = this.transport(seed, limits);
    const arrived = arrivals(transport, echo);
    return { transport, arrived, address: await transport.listen(toAddress("127.0.0.1", 0)) };
  }

  async tap(to: Address): Promise<Tap> {
    const tap = await Tap.open(to);
    this.#taps.push(tap);
    return tap;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#transports.map((it) => it.close()));
    for (const tap of this.#taps) tap.close();
  }
}

export interface Echoing {
  readonly transport: QuicTransport;
  readonly arrived: Queue<ConnectionProbe>;
  readonly address: Address;
}

export async function dialled(from: QuicTransport, to: Address): Promise<ConnectionProbe> {
  return new ConnectionProbe(await from.dial(to, { timeout: TIMEOUT }));
}

/** Resolves when `holds` does. The test's own time limit is the deadline. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
