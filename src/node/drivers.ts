import { type Address, toAddress } from "../base/address.ts";
import type { Log } from "../base/ports.ts";
import { PairedTransport } from "../transport/paired-transport.ts";
import { createQuicTransport } from "../transport/quic/quic-transport.ts";
import type { Transport, TransportIdentity } from "../transport/transport.ts";
import type { Transports } from "./api.ts";
import { systemClock } from "./system.ts";

/** What a node dials and listens with. */
export interface Drivers {
  readonly transport: Transport;
  /** Makes a transport of the same kinds with sockets of its own. */
  readonly spare: () => Transport;
  /** Takes connections over datagrams alone, at any port; `undefined` where there is no such driver. */
  readonly listenForPeers: () => Promise<Address | undefined>;
}

/** Throws `bad_config` where the identity is not one. */
export async function makeDrivers(
  transports: Transports,
  identity: TransportIdentity,
  log: Log,
): Promise<Drivers> {
  if (transports === "tls") {
    const createTlsTransport = await loadTls();
    const spare = (): Transport => createTlsTransport({ identity, log });
    return { transport: spare(), spare, listenForPeers: () => Promise.resolve(undefined) };
  }
  const quic = createQuicTransport({ identity, log });
  const around = (own: Transport): Transport => {
    if (transports === "quic") return own;
    const make = async (): Promise<Transport> => (await loadTls())({ identity, log });
    const fallback = { kind: "tls", make };
    return new PairedTransport({ preferred: own, fallback, clock: systemClock, log });
  };
  return {
    transport: around(quic),
    spare: () => around(createQuicTransport({ identity, log })),
    listenForPeers: () => listenAnywhere(quic),
  };
}

/** Loaded where it is needed, because most nodes dial over QUIC alone and a cold start counts every file. */
async function loadTls(): Promise<
  typeof import("../transport/tls/tls-transport.ts")["createTlsTransport"]
> {
  return (await import("../transport/tls/tls-transport.ts")).createTlsTransport;
}

async function listenAnywhere(transport: Transport): Promise<Address> {
  const [any, anyWithoutIpv6] = [toAddress("::", 0), toAddress("0.0.0.0", 0)];
  return await transport.listen(any).catch(() => transport.listen(anyWithoutIpv6));
}
