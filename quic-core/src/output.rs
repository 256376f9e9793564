//! The buffer of datagrams that the host sends after a flush.

use crate::layout::{DATAGRAM_HEADER, from_address, padded, put_word};
use quinn_proto::Transmit;

/// Bytes that one call for packets may produce at most.
pub const TRANSMIT_MAX: usize = 64 << 10;
/// Packets that one call may produce at most.
const SEGMENTS_MAX: usize = 10;

/// Writes datagram records one behind the other.
pub struct Output {
    bytes: &'static mut [u8],
    length: usize,
}

impl Output {
    pub fn new(bytes: &'static mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    pub fn start(&mut self) -> *mut u8 {
        self.bytes.as_mut_ptr()
    }

    pub fn clear(&mut self) {
        self.length = 0;
    }

    pub fn length(&self) -> usize {
        self.length
    }

    /// True while the packets of one call fit, whatever they are.
    pub fn has_room(&self) -> bool {
        self.bytes.len() - self.length >= TRANSMIT_MAX + SEGMENTS_MAX * (DATAGRAM_HEADER + 4)
    }

    /// How many packets to ask for, given the size of one.
    pub fn segments(datagram: u16) -> usize {
        (TRANSMIT_MAX / usize::from(datagram).max(1)).clamp(1, SEGMENTS_MAX)
    }

    /// Adds the datagrams that `bytes` holds. The caller has seen that there is room.
    pub fn put(&mut self, transmit: &Transmit, bytes: &[u8]) {
        let bytes = &bytes[..transmit.size];
        let address = from_address(transmit.destination);
        for datagram in bytes.chunks(transmit.segment_size.unwrap_or(transmit.size).max(1)) {
            let at = self.length;
            put_word(self.bytes, at, datagram.len() as u32);
            self.bytes[at + 4..at + DATAGRAM_HEADER].copy_from_slice(&address);
            let body = at + DATAGRAM_HEADER;
            self.bytes[body..body + datagram.len()].copy_from_slice(datagram);
            self.length = body + padded(datagram.len());
        }
    }
}
