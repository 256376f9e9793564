//! The buffer of events that the host reads after a poll.

use crate::layout::{EVENT_BODY_MAX, EVENT_HEADER, padded, put_word};

/// Writes event records one behind the other.
pub struct Events {
    bytes: &'static mut [u8],
    length: usize,
}

impl Events {
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

    /// True while any event fits that is not stream data.
    pub fn has_room(&self) -> bool {
        self.data_room() >= EVENT_BODY_MAX
    }

    /// Bytes of data that one more event could carry.
    pub fn data_room(&self) -> usize {
        self.bytes.len().saturating_sub(self.length + EVENT_HEADER + 4)
    }

    /// Adds an event. The caller has seen that it fits: `body` is cut to `EVENT_BODY_MAX`.
    pub fn put(&mut self, kind: u32, handle: usize, low: u32, high: u32, body: &[u8]) {
        let body = &body[..body.len().min(EVENT_BODY_MAX)];
        let at = self.length + EVENT_HEADER;
        self.bytes[at..at + body.len()].copy_from_slice(body);
        self.close(kind, handle, low, high, body.len());
    }

    /// Adds an event about a stream.
    pub fn put_stream(&mut self, kind: u32, handle: usize, stream: u64, body: &[u8]) {
        self.put(kind, handle, stream as u32, (stream >> 32) as u32, body);
    }

    /// Lays `chunk` behind the first `filled` bytes of the event that is being written.
    pub fn append(&mut self, filled: usize, chunk: &[u8]) {
        let at = self.length + EVENT_HEADER + filled;
        self.bytes[at..at + chunk.len()].copy_from_slice(chunk);
    }

    /// Ends the event that was being written with `append`.
    pub fn close_stream(&mut self, kind: u32, handle: usize, stream: u64, filled: usize) {
        self.close(kind, handle, stream as u32, (stream >> 32) as u32, filled);
    }

    fn close(&mut self, kind: u32, handle: usize, low: u32, high: u32, length: usize) {
        let at = self.length;
        put_word(self.bytes, at, kind);
        put_word(self.bytes, at + 4, handle as u32);
        put_word(self.bytes, at + 8, low);
        put_word(self.bytes, at + 12, high);
        put_word(self.bytes, at + 16, length as u32);
        self.length = at + EVENT_HEADER + padded(length);
    }
}
