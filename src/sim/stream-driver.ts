import type { Address } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import type { MemoryTransport } from "../transport/memory/memory-transport.ts";
import type {
  Connection,
  DialOptions,
  Transport,
  TransportState,
  TransportStats,
} from "../transport/transport.ts";

/** Stands in for a driver over TCP: what it dials leaves from another port than the one it listens at. */
export class StreamDriver implements Transport {
  readonly kind: string;
  /** Never called: streams carry no datagrams. */
  onRaw: ((bytes: Bytes, from: Address) => void) | undefined;
  readonly #listener: MemoryTransport;
  readonly #dialler: MemoryTransport;

  /** `make` makes one socket each time. */
  constructor(make: () => MemoryTransport) {
    this.#listener = make();
    this.#dialler = make();
    this.kind = this.#listener.kind;
  }

  get onConnection(): ((connection: Connection) => void) | undefined {
    return this.#listener.onConnection;
  }

  set onConnection(told: ((connection: Connection) => void) | undefined) {
    this.#listener.onConnection = told;
  }

  listen(address: Address): Promise<Address> {
    return this.#listener.listen(address);
  }

  dial(address: Address, options: DialOptions): Promise<Connection> {
    return this.#dialler.dial(address, options);
  }

  sendRaw(address: Address, bytes: Bytes): void {
    this.#listener.sendRaw(address, bytes);
  }

  state(): TransportState {
    const { drivers, datagrams } = this.#listener.state();
    const [dialler] = this.#dialler.state().drivers;
    const dialled = dialler?.connections ?? 0;
    return {
      drivers: drivers.map((it) => ({ ...it, connections: it.connections + dialled })),
      datagrams,
    };
  }

  stats(): TransportStats {
    const [ours, dialled] = [this.#listener.stats(), this.#dialler.stats()];
    return {
      connections: ours.connections + dialled.connections,
      handshakes: ours.handshakes + dialled.handshakes,
      datagramsSent: ours.datagramsSent + dialled.datagramsSent,
      datagramsReceived: ours.datagramsReceived + dialled.datagramsReceived,
      datagramsDropped: ours.datagramsDropped + dialled.datagramsDropped,
      restarts: 0,
    };
  }

  async close(code = 0, reason = ""): Promise<void> {
    await Promise.all([this.#listener.close(code, reason), this.#dialler.close(code, reason)]);
  }

  crash(): void {
    this.#listener.crash();
    this.#dialler.crash();
  }
}
