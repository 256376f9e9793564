//! The records in the shared buffers. All numbers are little-endian `u32`, all records start at multiples
//! of four bytes. The driver's `layout.ts` says the same; change both.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Bytes of the buffers for received datagrams, for events and for datagrams to send.
pub const BATCH_BYTES: usize = 256 << 10;
/// Bytes of the buffer through which the host hands over stream data, reasons and its configuration.
pub const WRITE_BYTES: usize = 256 << 10;

/// Length, port, four words of address (IPv4 mapped into IPv6, network byte order), then the datagram.
pub const DATAGRAM_HEADER: usize = 24;
/// Type, connection, low and high word of the stream id, length, then the body.
pub const EVENT_HEADER: usize = 20;
/// The longest body of an event other than stream data: a certificate and what stands before it.
pub const EVENT_BODY_MAX: usize = 8 << 10;

/// The peer proved its key. Stream low word: 1 where the peer dialled. Body: address, key (32), certificate.
pub const EVENT_CONNECTED: u32 = 1;
/// The peer opened a stream.
pub const EVENT_OPENED: u32 = 2;
/// Stream data.
pub const EVENT_DATA: u32 = 3;
/// Stream data, possibly none, and the end of the peer's side.
pub const EVENT_DATA_END: u32 = 4;
/// The peer reset its side of a stream. Body: code.
pub const EVENT_RESET: u32 = 5;
/// A stream that took less than was offered has room again.
pub const EVENT_WRITABLE: u32 = 6;
/// The peer allows more streams.
pub const EVENT_AVAILABLE: u32 = 7;
/// The connection is over, not by our own close. Low word: kind, high word: code. Body: the reason's text.
pub const EVENT_LOST: u32 = 8;
/// The peer wants no more data on a stream. Body: code.
pub const EVENT_STOPPED: u32 = 9;
/// The peer's address changed. Body: address.
pub const EVENT_MOVED: u32 = 10;

/// Port and address as the records carry them.
pub const ADDRESS_BYTES: usize = 20;

/// Rounds up to the next multiple of four.
pub const fn padded(length: usize) -> usize {
    (length + 3) & !3
}

/// The word at `at`; 0 beyond the end.
pub fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(four) => u32::from_le_bytes([four[0], four[1], four[2], four[3]]),
        None => 0,
    }
}

/// Writes `value` at `at`.
pub fn put_word(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// The address from its port and sixteen bytes; a mapped IPv4 address becomes plain IPv4.
pub fn to_address(port: u32, octets: [u8; 16]) -> SocketAddr {
    let six = Ipv6Addr::from(octets);
    let ip = six.to_ipv4_mapped().map_or(IpAddr::V6(six), IpAddr::V4);
    SocketAddr::new(ip, port as u16)
}

/// Port and sixteen bytes of an address, as they stand in records.
pub fn from_address(address: SocketAddr) -> [u8; ADDRESS_BYTES] {
    let mut bytes = [0; ADDRESS_BYTES];
    let six = match address.ip() {
        IpAddr::V4(four) => four.to_ipv6_mapped(),
        IpAddr::V6(six) => six,
    };
    put_word(&mut bytes, 0, u32::from(address.port()));
    bytes[4..].copy_from_slice(&six.octets());
    bytes
}
