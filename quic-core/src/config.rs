//! What the host configures, and what becomes of it.

use crate::layout::word;
use quinn_proto::{IdleTimeout, MtuDiscoveryConfig, TransportConfig, VarInt, congestion::CubicConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use web_time::Duration;

/// Words of the configuration, before the certificate and the private key.
pub const CONFIG_WORDS: usize = 14;

/// Arrivals with a proven address that may be in their handshake however low the bound for others is.
const PROVEN_HANDSHAKES_MIN: usize = 16;

/// The host's configuration. Times are in milliseconds, sizes in bytes.
#[derive(Clone, Debug)]
pub struct Config {
    pub idle_timeout: u32,
    /// 0 switches keep-alive off.
    pub keep_alive: u32,
    pub streams_max: u32,
    pub stream_window: u32,
    pub connection_window: u32,
    pub connections_max: usize,
    pub handshakes_max: usize,
    pub handshake_timeout: u32,
    /// What an arrival may send before its handshake is done.
    pub arrival_packets_max: u32,
    pub arrival_bytes_max: u32,
    /// The round trip that is assumed before one was measured: sets how soon a lost first packet is sent again.
    pub initial_round_trip: u32,
    /// The largest datagram that path discovery may try on an ordinary path; up to 1,200 switches it off.
    pub datagram_max: u16,
    /// The same for a peer on this machine, where no network limits it.
    pub local_datagram_max: u16,
    /// The least time between two stateless resets.
    pub reset_interval: u32,
}

impl Config {
    /// Reads the words in the order of the fields.
    pub fn read(bytes: &[u8]) -> Self {
        let at = |index: usize| word(bytes, index * 4);
        let size = |index: usize| at(index).clamp(1_200, 65_000) as u16;
        Self {
            idle_timeout: at(0),
            keep_alive: at(1),
            streams_max: at(2),
            stream_window: at(3),
            connection_window: at(4),
            connections_max: at(5) as usize,
            handshakes_max: at(6) as usize,
            handshake_timeout: at(7),
            arrival_packets_max: at(8),
            arrival_bytes_max: at(9),
            initial_round_trip: at(10),
            datagram_max: size(11),
            local_datagram_max: size(12),
            reset_interval: at(13),
        }
    }

    /// Arrivals in their handshake beyond which nothing helps, not even a proven address.
    pub fn handshakes_hard_max(&self) -> usize {
        self.handshakes_max.saturating_mul(4).max(PROVEN_HANDSHAKES_MIN)
    }
}

/// Path discovery ends when the sizes left to try are closer than this part of the largest: the last few
/// bytes are not worth their probes.
const DISCOVERY_STEPS: u16 = 12;
/// Bytes that all windows may come to before new ones shrink to the least: peers that fill their windows
/// must not exhaust linear memory, which ends at 4 GiB.
const WINDOWS_BUDGET: u64 = 1 << 30;
/// What one window may take of what is left of the budget.
const WINDOW_SHARE: u64 = 64;
/// A connection has at least this window, however many there are.
const WINDOW_MIN: u64 = 128 << 10;

impl Config {
    /// The window of a new connection, both ways, where `granted` bytes are given to others.
    pub fn window(&self, granted: u64) -> u64 {
        let configured = u64::from(self.connection_window);
        let share = WINDOWS_BUDGET.saturating_sub(granted) / WINDOW_SHARE;
        share.max(WINDOW_MIN).min(configured)
    }

    /// The settings of a connection with `remote`.
    pub fn transport(&self, remote: SocketAddr, window: u64) -> Arc<TransportConfig> {
        let local = remote.ip().is_loopback();
        let datagram_max = if local { self.local_datagram_max } else { self.datagram_max };
        let mut discovery = MtuDiscoveryConfig::default();
        discovery.upper_bound(datagram_max).minimum_change(datagram_max / DISCOVERY_STEPS);
        let keep_alive = Duration::from_millis(self.keep_alive.into());
        let stream_window = window.min(self.stream_window.into()) as u32;

        let mut transport = TransportConfig::default();
        transport
            .max_idle_timeout(Some(IdleTimeout::from(VarInt::from(self.idle_timeout))))
            .keep_alive_interval((self.keep_alive > 0).then_some(keep_alive))
            .max_concurrent_bidi_streams(self.streams_max.into())
            .max_concurrent_uni_streams(0u32.into())
            .stream_receive_window(stream_window.into())
            .receive_window((window as u32).into())
            .send_window(window)
            .datagram_receive_buffer_size(None)
            .initial_rtt(Duration::from_millis(self.initial_round_trip.max(1).into()))
            .mtu_discovery_config((datagram_max > 1_200).then_some(discovery))
            .congestion_controller_factory(Arc::new(CubicConfig::default()))
            .allow_spin(false);
        Arc::new(transport)
    }
}
