//! ChaCha20-Poly1305 (RFC 8439) for messages of some hundred bytes, without anything around it: the caller puts key,
//! nonce and message into `SHARED` and calls `seal` or `open`. The cipher and the authenticator are those of the
//! QUIC core.

#![no_std]

#[path = "../quic-core/src/chacha.rs"]
mod chacha;
#[path = "../quic-core/src/poly1305.rs"]
mod poly1305;

use chacha::{Key, STREAM_BYTES};
use core::hint::black_box;
use core::panic::PanicInfo;
use core::ptr::addr_of_mut;
use poly1305::Poly1305;

const TAG_BYTES: usize = 16;
const BLOCK_BYTES: usize = 64;
/// Associated data, text and tag of one message at most; `src/seal/aead-core.ts` says the same.
const MESSAGE_BYTES: usize = 2_048;

/// What both sides write and read: `message` is associated data, then the text, then room for the tag.
#[repr(C, align(16))]
pub struct Shared {
    key: [u8; 32],
    nonce: [u8; 12],
    reserved: [u8; 4],
    message: [u8; MESSAGE_BYTES],
}

static mut SHARED: Shared =
    Shared { key: [0; 32], nonce: [0; 12], reserved: [0; 4], message: [0; MESSAGE_BYTES] };

/// Where `Shared` lies.
#[unsafe(no_mangle)]
pub extern "C" fn shared() -> *mut Shared {
    addr_of_mut!(SHARED)
}

/// Seals the `length` bytes behind `header` bytes of associated data in place, and puts the tag behind them.
#[unsafe(no_mangle)]
pub extern "C" fn seal(header: usize, length: usize) {
    with_message(header, length, |key, nonce, first, header, text, room| {
        apply(key, nonce, first, text);
        room.copy_from_slice(&tag(first, header, text));
    });
}

/// Opens what `seal` has sealed: 1, or 0 and the message left as it is where the tag is another one.
#[unsafe(no_mangle)]
pub extern "C" fn open(header: usize, length: usize) -> u32 {
    let mut is_opened = 0;
    with_message(header, length, |key, nonce, first, header, text, given| {
        let expected = tag(first, header, text);
        // Every byte is looked at, whatever the ones before it were.
        let difference = expected.iter().zip(given.iter()).fold(0, |sum, (a, b)| sum | (a ^ b));
        if black_box(difference) == 0 {
            apply(key, nonce, first, text);
            is_opened = 1;
        }
    });
    is_opened
}

/// Runs `action` with key, nonce, the first blocks of the key stream, associated data, text and tag.
#[inline(always)]
fn with_message(
    header: usize,
    length: usize,
    action: impl FnOnce(&Key, &[u8; 12], &[u8; STREAM_BYTES], &[u8], &mut [u8], &mut [u8]),
) {
    // SAFETY: a WebAssembly instance has one thread, and nothing else holds a reference.
    let shared = unsafe { &mut *addr_of_mut!(SHARED) };
    let key = Key::new(&shared.key);
    let mut first = [0; STREAM_BYTES];
    key.stream(&shared.nonce, 0, &mut first);
    let (header, rest) = shared.message.split_at_mut(header);
    let (text, rest) = rest.split_at_mut(length);
    action(&key, &shared.nonce, &first, header, text, &mut rest[..TAG_BYTES]);
}

/// The first block of the stream is the key of the tag; the text begins with the second.
fn apply(key: &Key, nonce: &[u8; 12], first: &[u8; STREAM_BYTES], text: &mut [u8]) {
    let (head, rest) = text.split_at_mut(text.len().min(STREAM_BYTES - BLOCK_BYTES));
    add(head, &first[BLOCK_BYTES..]);
    let mut counter = 4;
    for chunk in rest.chunks_mut(STREAM_BYTES) {
        let mut stream = [0; STREAM_BYTES];
        key.stream(nonce, counter, &mut stream);
        add(chunk, &stream);
        counter += 4;
    }
}

fn add(target: &mut [u8], stream: &[u8]) {
    for (byte, key) in target.iter_mut().zip(stream) {
        *byte ^= key;
    }
}

fn tag(first: &[u8; STREAM_BYTES], header: &[u8], sealed: &[u8]) -> [u8; TAG_BYTES] {
    let mut key = [0; 32];
    key.copy_from_slice(&first[..32]);
    let mut lengths = [0; TAG_BYTES];
    lengths[..8].copy_from_slice(&(header.len() as u64).to_le_bytes());
    lengths[8..].copy_from_slice(&(sealed.len() as u64).to_le_bytes());
    let mut authenticator = Poly1305::new(&key);
    authenticator.update_padded(header);
    authenticator.update_padded(sealed);
    authenticator.update_padded(&lengths);
    authenticator.finish()
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
