import type { Address } from "../../src/base/address.ts";
import type { Transport, TransportLimits } from "../../src/transport/transport.ts";
import { arrivals, ConnectionProbe, echo, type Queue, StreamProbe } from "./probes.ts";
import type { Stage } from "./stage.ts";

/** Time a dial may take where the test is not about that. */
export const DIAL_TIMEOUT = 5_000;

/** A listener and who has arrived at it. */
export interface Listener {
  readonly transport: Transport;
  readonly address: Address;
  readonly arrived: Queue<ConnectionProbe>;
}

/** Node `node` listens; with `echoes`, it sends back all it gets. */
export async function listen(
  stage: Stage,
  node: number,
  options: { readonly limits?: Partial<TransportLimits>; readonly echoes?: boolean } = {},
): Promise<Listener> {
  const { limits = {}, echoes = false } = options;
  const transport = stage.transport(node, { limits });
  const arrived = arrivals(transport, echoes ? echo : undefined);
  const address = await stage.settle(transport.listen(stage.anywhere(node)), "listen");
  return { transport, address, arrived };
}

export function dial(stage: Stage, from: Transport, to: Address): Promise<ConnectionProbe> {
  const dialled = from
    .dial(to, { timeout: DIAL_TIMEOUT })
    .then((connection) => new ConnectionProbe(connection));
  return stage.settle(dialled, "dial");
}

/** Node 0 has dialled node 1. */
export interface Pair {
  readonly client: ConnectionProbe;
  readonly server: ConnectionProbe;
  readonly from: Transport;
  readonly to: Listener;
}

export async function pair(
  stage: Stage,
  options: { readonly limits?: Partial<TransportLimits>; readonly echoes?: boolean } = {},
): Promise<Pair> {
  const to = await listen(stage, 1, options);
  const from = stage.transport(0, { limits: options.limits ?? {} });
  const client = await dial(stage, from, to.address);
  const server = await stage.settle(to.arrived.take(), "arrival");
  return { client, server, from, to };
}

/** A stream that both sides hold. Its first byte, 0x00, has been read and is not counted. */
export interface StreamPair {
  readonly near: StreamProbe;
  readonly far: StreamProbe;
}

/** The dialler opens a stream; with keys, each side compares what it gets with that pattern. */
export async function streamPair(
  stage: Stage,
  { client, server }: Pair,
  keys: { readonly near?: number; readonly far?: number } = {},
): Promise<StreamPair> {
  const near = new StreamProbe(await stage.settle(client.connection.open(), "open"), keys.near);
  near.stream.write(new Uint8Array(1));
  const met = server.streams.take().then(async (stream) => {
    const far = new StreamProbe(stream, keys.far);
    await far.received(1);
    far.forget();
    return far;
  });
  return { near, far: await stage.settle(met, "the other side's stream") };
}
