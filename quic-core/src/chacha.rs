//! The ChaCha20 key stream (RFC 8439), four blocks at a time in the four lanes of a vector.

use core::arch::wasm32::*;

/// Bytes of key stream that one call makes.
pub const STREAM_BYTES: usize = 256;

const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// A key as words.
pub struct Key([u32; 8]);

impl Key {
    pub fn new(bytes: &[u8; 32]) -> Self {
        let mut words = [0; 8];
        for (word, four) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        }
        Self(words)
    }

    /// The blocks `counter` to `counter + 3` of the stream for `nonce`.
    pub fn stream(&self, nonce: &[u8; 12], counter: u32, target: &mut [u8; STREAM_BYTES]) {
        let start = self.state(nonce, counter);
        let mut state = start;
        for _ in 0..10 {
            double_round(&mut state);
        }
        for (word, first) in state.iter_mut().zip(start) {
            *word = u32x4_add(*word, first);
        }
        for row in 0..4 {
            let columns = [state[4 * row], state[4 * row + 1], state[4 * row + 2], state[4 * row + 3]];
            for (block, words) in transpose(columns).into_iter().enumerate() {
                store(target, 64 * block + 16 * row, words);
            }
        }
    }

    fn state(&self, nonce: &[u8; 12], counter: u32) -> [v128; 16] {
        let mut state = [u32x4_splat(0); 16];
        for (word, constant) in state.iter_mut().zip(CONSTANTS) {
            *word = u32x4_splat(constant);
        }
        for (word, part) in state[4..12].iter_mut().zip(self.0) {
            *word = u32x4_splat(part);
        }
        state[12] = u32x4_add(u32x4_splat(counter), u32x4(0, 1, 2, 3));
        for (word, four) in state[13..].iter_mut().zip(nonce.chunks_exact(4)) {
            *word = u32x4_splat(u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        }
        state
    }
}

#[inline(always)]
fn double_round(state: &mut [v128; 16]) {
    quarter_round(state, 0, 4, 8, 12);
    quarter_round(state, 1, 5, 9, 13);
    quarter_round(state, 2, 6, 10, 14);
    quarter_round(state, 3, 7, 11, 15);
    quarter_round(state, 0, 5, 10, 15);
    quarter_round(state, 1, 6, 11, 12);
    quarter_round(state, 2, 7, 8, 13);
    quarter_round(state, 3, 4, 9, 14);
}

#[inline(always)]
fn quarter_round(state: &mut [v128; 16], a: usize, b: usize, c: usize, d: usize) {
    state[a] = u32x4_add(state[a], state[b]);
    state[d] = rotate_16(v128_xor(state[d], state[a]));
    state[c] = u32x4_add(state[c], state[d]);
    state[b] = rotate_by::<12, 20>(v128_xor(state[b], state[c]));
    state[a] = u32x4_add(state[a], state[b]);
    state[d] = rotate_8(v128_xor(state[d], state[a]));
    state[c] = u32x4_add(state[c], state[d]);
    state[b] = rotate_by::<7, 25>(v128_xor(state[b], state[c]));
}

// Rotations by whole bytes are one shuffle, the others two shifts.

#[inline(always)]
fn rotate_16(x: v128) -> v128 {
    u8x16_shuffle::<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(x, x)
}

#[inline(always)]
fn rotate_8(x: v128) -> v128 {
    u8x16_shuffle::<3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14>(x, x)
}

#[inline(always)]
fn rotate_by<const LEFT: u32, const RIGHT: u32>(x: v128) -> v128 {
    v128_or(u32x4_shl(x, LEFT), u32x4_shr(x, RIGHT))
}

/// Turns four vectors of one word of each block into four vectors of four words of one block.
#[inline(always)]
fn transpose([a, b, c, d]: [v128; 4]) -> [v128; 4] {
    let ab_low = u32x4_shuffle::<0, 4, 1, 5>(a, b);
    let ab_high = u32x4_shuffle::<2, 6, 3, 7>(a, b);
    let cd_low = u32x4_shuffle::<0, 4, 1, 5>(c, d);
    let cd_high = u32x4_shuffle::<2, 6, 3, 7>(c, d);
    [
        u64x2_shuffle::<0, 2>(ab_low, cd_low),
        u64x2_shuffle::<1, 3>(ab_low, cd_low),
        u64x2_shuffle::<0, 2>(ab_high, cd_high),
        u64x2_shuffle::<1, 3>(ab_high, cd_high),
    ]
}

#[inline(always)]
fn store(target: &mut [u8; STREAM_BYTES], at: usize, words: v128) {
    let sixteen = &mut target[at..at + 16];
    // SAFETY: the slice has sixteen bytes; the store needs no alignment.
    unsafe { v128_store(sixteen.as_mut_ptr().cast(), words) };
}
