//! The functions that the host calls. One instance of the module is one endpoint.
//!
//! A turn of the host: `receive` what came, `poll` and act on the events while it `wants_poll`, `flush` and
//! send while it `wants_flush`, set a timer for `deadline`. Handles are small numbers; one that names no
//! live connection is harmless. Stream ids travel as `f64`, exact up to 2^53.

use crate::buffers::Buffers;
use crate::config::{CONFIG_WORDS, Config};
use crate::core::Core;
use crate::host;
use crate::layout::{BATCH_BYTES, WRITE_BYTES, to_address};
use crate::link::stream_id;
use quinn_proto::{Dir, SendStream, StreamId, VarInt, WriteError};
use std::cell::UnsafeCell;
use web_time::Instant;

/// Returned by `write`: the connection or the stream takes no more.
const CLOSED: i32 = -1;

struct Instance(UnsafeCell<Option<Core>>);

// SAFETY: the module has one thread and no function of it is entered while another one runs.
unsafe impl Sync for Instance {}

static INSTANCE: Instance = Instance(UnsafeCell::new(None));

/// Runs `action` on the instance. Traps before `start`.
fn with<T>(action: impl FnOnce(&mut Core) -> T) -> T {
    // SAFETY: single-threaded and not re-entered, so this is the only reference.
    match unsafe { &mut *INSTANCE.0.get() } {
        Some(core) => action(core),
        None => panic!("called before start"),
    }
}

fn at(now: f64) -> Instant {
    web_time::set_monotonic(now);
    Instant::now()
}

fn id(stream: f64) -> StreamId {
    stream_id(stream as u64)
}

/// Memory for the configuration; `start` takes it back.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(length: usize) -> *mut u8 {
    Box::leak(vec![0u8; length].into_boxed_slice()).as_mut_ptr()
}

/// Creates the endpoint from `Config`, the certificate's DER and the private key's DER, which stand one behind
/// the other at `place`. Returns 0, or 1 after a log line that says what is wrong.
///
/// # Safety
/// Called once, whether it succeeds or not. `place` comes from `allocate` with the sum of the three lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn start(place: *mut u8, certificate: usize, key: usize, now: f64, unix: f64) -> u32 {
    std::panic::set_hook(Box::new(|panic| host::log(&panic.to_string())));
    at(now);
    web_time::set_unix(unix);
    let words = CONFIG_WORDS * 4;
    let length = words + certificate + key;
    // SAFETY: stated above; the bytes are owned here and freed at the end.
    let bytes = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(place, length)) };
    let (config, rest) = bytes.split_at(words);
    let (certificate, key) = rest.split_at(certificate);
    // SAFETY: this function is called once.
    let buffers = unsafe { Buffers::take() };
    match Core::new(Config::read(config), certificate.to_vec(), key.to_vec(), buffers) {
        Ok(core) => {
            // SAFETY: single-threaded and not re-entered.
            unsafe { *INSTANCE.0.get() = Some(core) };
            0
        }
        Err(reason) => {
            host::log(&reason);
            1
        }
    }
}

/// Where a buffer starts: 0 received datagrams, 1 events, 2 datagrams to send, 3 writes. Never moves.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(which: u32) -> *mut u8 {
    with(|core| match which {
        0 => core.input.as_mut_ptr(),
        1 => core.events.start(),
        2 => core.output.start(),
        _ => core.write.as_mut_ptr(),
    })
}

/// Bytes of a buffer.
#[unsafe(no_mangle)]
pub extern "C" fn buffer_bytes(which: u32) -> usize {
    if which == 3 { WRITE_BYTES } else { BATCH_BYTES }
}

/// Lets arrivals in, or refuses them.
#[unsafe(no_mangle)]
pub extern "C" fn accept_arrivals(on: u32) {
    with(|core| core.accepting = on != 0);
}

/// Takes in the datagrams in the first `length` bytes of their buffer.
#[unsafe(no_mangle)]
pub extern "C" fn receive(length: usize, now: f64) {
    let now = at(now);
    with(|core| core.receive(length, now));
}

/// Fills the event buffer and returns the bytes in it.
#[unsafe(no_mangle)]
pub extern "C" fn poll() -> usize {
    with(|core| core.poll())
}

/// Fills the buffer of datagrams to send and returns the bytes in it.
#[unsafe(no_mangle)]
pub extern "C" fn flush(now: f64) -> usize {
    let now = at(now);
    with(|core| core.flush(now))
}

/// 1 where another `poll` would tell something.
#[unsafe(no_mangle)]
pub extern "C" fn wants_poll() -> u32 {
    with(|core| u32::from(core.wants_poll()))
}

/// 1 where another `flush` would hand something out.
#[unsafe(no_mangle)]
pub extern "C" fn wants_flush() -> u32 {
    with(|core| u32::from(core.wants_flush()))
}

/// When `expire` must be called: time on the host's clock; infinite where nothing waits.
#[unsafe(no_mangle)]
pub extern "C" fn deadline() -> f64 {
    with(|core| core.next_deadline().map_or(f64::INFINITY, |at| at.as_milliseconds()))
}

/// Runs the timers that are due.
#[unsafe(no_mangle)]
pub extern "C" fn expire(now: f64) {
    let now = at(now);
    with(|core| core.expire(now));
}

/// Dials the address in the first sixteen bytes of the write buffer. Returns the handle, -1 where the bound on
/// connections is reached or the address is none.
#[unsafe(no_mangle)]
pub extern "C" fn connect(port: u32, now: f64) -> i32 {
    let now = at(now);
    with(|core| {
        let mut octets = [0; 16];
        octets.copy_from_slice(&core.write[..16]);
        core.connect(to_address(port, octets), now).map_or(-1, |handle| handle as i32)
    })
}

/// The host has its handlers in place: events about streams and about the end may come.
#[unsafe(no_mangle)]
pub extern "C" fn attach(handle: usize) {
    with(|core| {
        if let Some(link) = core.link(handle) {
            link.attach();
            core.mark(handle);
        }
    });
}

/// Opens a stream and returns its id, -1 while the peer allows none.
#[unsafe(no_mangle)]
pub extern "C" fn open(handle: usize) -> f64 {
    with(|core| {
        let stream = core.link(handle).and_then(|link| link.connection.streams().open(Dir::Bi));
        stream.map_or(-1.0, |id| crate::link::number(id) as f64)
    })
}

/// Writes the first `length` bytes of the write buffer. Returns how many were taken; a `WRITABLE` event
/// follows where that is not all. -1 where the stream takes no more.
#[unsafe(no_mangle)]
pub extern "C" fn write(handle: usize, stream: f64, length: usize) -> i32 {
    with(|core| {
        let length = length.min(core.write.len());
        let bytes = std::mem::take(&mut core.write);
        let taken = core.touched(handle).map(|link| {
            let mut stream = link.connection.send_stream(id(stream));
            write_all(&mut stream, &bytes[..length])
        });
        core.write = bytes;
        taken.unwrap_or(CLOSED)
    })
}

/// Writes until all is taken or the stream refuses: only a refusal makes it tell when there is room again.
fn write_all(stream: &mut SendStream<'_>, bytes: &[u8]) -> i32 {
    let mut taken = 0;
    while taken < bytes.len() {
        match stream.write(&bytes[taken..]) {
            Ok(more) => taken += more,
            Err(WriteError::Blocked) => break,
            Err(_) => return CLOSED,
        }
    }
    taken as i32
}

/// Ends our side of a stream.
#[unsafe(no_mangle)]
pub extern "C" fn finish(handle: usize, stream: f64) {
    with(|core| {
        if let Some(link) = core.touched(handle) {
            let _ = link.connection.send_stream(id(stream)).finish();
        }
    });
}

/// Gives up our side of a stream.
#[unsafe(no_mangle)]
pub extern "C" fn reset(handle: usize, stream: f64, code: u32) {
    with(|core| {
        if let Some(link) = core.touched(handle) {
            let _ = link.connection.send_stream(id(stream)).reset(VarInt::from(code));
        }
    });
}

/// Tells the peer to stop sending on a stream.
#[unsafe(no_mangle)]
pub extern "C" fn stop(handle: usize, stream: f64, code: u32) {
    with(|core| {
        if let Some(link) = core.touched(handle) {
            link.forget(id(stream));
            let _ = link.connection.recv_stream(id(stream)).stop(VarInt::from(code));
        }
    });
}

/// Stops reading a stream, or goes on.
#[unsafe(no_mangle)]
pub extern "C" fn pause(handle: usize, stream: f64, on: u32) {
    with(|core| {
        if let Some(link) = core.link(handle) {
            link.pause(id(stream), on != 0);
            core.mark(handle);
        }
    });
}

/// Weight of a stream against the others of its connection: higher leaves first.
#[unsafe(no_mangle)]
pub extern "C" fn prioritize(handle: usize, stream: f64, priority: i32) {
    with(|core| {
        if let Some(link) = core.link(handle) {
            let _ = link.connection.send_stream(id(stream)).set_priority(priority);
        }
    });
}

/// Closes a connection, with the first `reason` bytes of the write buffer as the reason.
#[unsafe(no_mangle)]
pub extern "C" fn close(handle: usize, code: u32, reason: usize, now: f64) {
    let now = at(now);
    with(|core| {
        let reason = core.write[..reason.min(crate::closing::REASON_MAX)].to_vec();
        core.close(handle, code, &reason, now);
    });
}

/// Connections, whatever their state.
#[unsafe(no_mangle)]
pub extern "C" fn connections() -> usize {
    with(|core| core.live())
}

/// Arrivals whose handshake is not done.
#[unsafe(no_mangle)]
pub extern "C" fn handshakes() -> usize {
    with(|core| core.handshakes())
}

/// Datagrams that belonged to nothing or were malformed, modulo 2^32.
#[unsafe(no_mangle)]
pub extern "C" fn dropped() -> u32 {
    with(|core| core.dropped)
}

/// Panics. With it the host's tests prove that a fault costs one endpoint and not the process.
#[unsafe(no_mangle)]
pub extern "C" fn fail() {
    panic!("a fault was asked for");
}
