import type { TransportLimits } from "../transport.ts";

/** What an arrival may send before its handshake is done: a handshake takes about six packets. */
const ARRIVAL_PACKETS_MAX = 64;
const ARRIVAL_BYTES_MAX = 64 << 10;
/** Milliseconds assumed for a round trip before one was measured; a lost first packet goes again after three. */
const INITIAL_ROUND_TRIP = 100;
/** The largest datagram that path discovery tries: Ethernet less IPv6, UDP and a tunnel's header. */
const DATAGRAM_MAX = 1_432;
/** The same towards this machine. */
const LOCAL_DATAGRAM_MAX = 16_320;
/** Milliseconds between two stateless resets. */
const RESET_INTERVAL = 2;

/** The words of the core's configuration, in the order of quic-core/src/config.rs. */
export function settingsWords(limits: TransportLimits): Uint32Array {
  return Uint32Array.of(
    limits.idleTimeout,
    limits.keepAlive,
    limits.streamsMax,
    limits.streamWindow,
    limits.connectionWindow,
    limits.connectionsMax,
    limits.handshakesMax,
    limits.handshakeTimeout,
    ARRIVAL_PACKETS_MAX,
    ARRIVAL_BYTES_MAX,
    INITIAL_ROUND_TRIP,
    DATAGRAM_MAX,
    LOCAL_DATAGRAM_MAX,
    RESET_INTERVAL,
  );
}
