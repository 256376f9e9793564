//! The Poly1305 authenticator (RFC 8439) in five limbs of 26 bits, whose products fit 64 bits.

const BLOCK: usize = 16;
const MASK: u32 = 0x3ff_ffff;
/// The bit above the top of a full block.
const TOP_BIT: u32 = 1 << 24;

/// Authenticates one message with a key that is used for nothing else.
pub struct Poly1305 {
    r: [u32; 5],
    sum: [u32; 5],
    pad: [u32; 4],
}

impl Poly1305 {
    pub fn new(key: &[u8; 32]) -> Self {
        let at =
            |index: usize| u32::from_le_bytes([key[index], key[index + 1], key[index + 2], key[index + 3]]);
        Self {
            // Clamped as the RFC says.
            r: [
                at(0) & 0x3ff_ffff,
                (at(3) >> 2) & 0x3ff_ff03,
                (at(6) >> 4) & 0x3ff_c0ff,
                (at(9) >> 6) & 0x3f0_3fff,
                (at(12) >> 8) & 0x00f_ffff,
            ],
            sum: [0; 5],
            pad: [at(16), at(20), at(24), at(28)],
        }
    }

    /// Takes in `bytes` and as many zeros as fill the last block.
    pub fn update_padded(&mut self, bytes: &[u8]) {
        let mut blocks = bytes.chunks_exact(BLOCK);
        for block in &mut blocks {
            if let Ok(block) = block.try_into() {
                self.block(block);
            }
        }
        let rest = blocks.remainder();
        if !rest.is_empty() {
            let mut last = [0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            self.block(&last);
        }
    }

    /// Adds a block and multiplies by `r`, modulo 2^130 − 5.
    #[inline(always)]
    fn block(&mut self, block: &[u8; BLOCK]) {
        let at = |index: usize| {
            u32::from_le_bytes([block[index], block[index + 1], block[index + 2], block[index + 3]])
        };
        let h = [
            self.sum[0] + (at(0) & MASK),
            self.sum[1] + ((at(3) >> 2) & MASK),
            self.sum[2] + ((at(6) >> 4) & MASK),
            self.sum[3] + ((at(9) >> 6) & MASK),
            self.sum[4] + ((at(12) >> 8) | TOP_BIT),
        ];
        let r = self.r;
        // What passes 2^130 comes back times five.
        let s = [0, r[1] * 5, r[2] * 5, r[3] * 5, r[4] * 5];
        let product = |a: u32, b: u32| u64::from(a) * u64::from(b);
        let mut d = [
            product(h[0], r[0])
                + product(h[1], s[4])
                + product(h[2], s[3])
                + product(h[3], s[2])
                + product(h[4], s[1]),
            product(h[0], r[1])
                + product(h[1], r[0])
                + product(h[2], s[4])
                + product(h[3], s[3])
                + product(h[4], s[2]),
            product(h[0], r[2])
                + product(h[1], r[1])
                + product(h[2], r[0])
                + product(h[3], s[4])
                + product(h[4], s[3]),
            product(h[0], r[3])
                + product(h[1], r[2])
                + product(h[2], r[1])
                + product(h[3], r[0])
                + product(h[4], s[4]),
            product(h[0], r[4])
                + product(h[1], r[3])
                + product(h[2], r[2])
                + product(h[3], r[1])
                + product(h[4], r[0]),
        ];
        for limb in 0..4 {
            d[limb + 1] += d[limb] >> 26;
            self.sum[limb] = d[limb] as u32 & MASK;
        }
        self.sum[4] = d[4] as u32 & MASK;
        let back = self.sum[0] + (d[4] >> 26) as u32 * 5;
        self.sum[0] = back & MASK;
        self.sum[1] += back >> 26;
    }

    /// The tag of all that was taken in.
    pub fn finish(self) -> [u8; 16] {
        let h = reduce(self.sum);
        let words =
            [h[0] | h[1] << 26, h[1] >> 6 | h[2] << 20, h[2] >> 12 | h[3] << 14, h[3] >> 18 | h[4] << 8];
        let mut tag = [0; 16];
        let mut carry = 0;
        for ((four, word), pad) in tag.chunks_exact_mut(4).zip(words).zip(self.pad) {
            let sum = u64::from(word) + u64::from(pad) + carry;
            four.copy_from_slice(&(sum as u32).to_le_bytes());
            carry = sum >> 32;
        }
        tag
    }
}

/// The one representative below 2^130 − 5, found without a branch on secret bits.
fn reduce(mut h: [u32; 5]) -> [u32; 5] {
    for _ in 0..2 {
        for limb in 1..5 {
            h[limb] += h[limb - 1] >> 26;
            h[limb - 1] &= MASK;
        }
        h[0] += (h[4] >> 26) * 5;
        h[4] &= MASK;
    }
    h[1] += h[0] >> 26;
    h[0] &= MASK;
    let mut g = h;
    g[0] += 5;
    for limb in 1..5 {
        g[limb] += g[limb - 1] >> 26;
        g[limb - 1] &= MASK;
    }
    // All ones where h + 5 reached 2^130.
    let over = 0u32.wrapping_sub(g[4] >> 26);
    g[4] &= MASK;
    let mut reduced = [0; 5];
    for (limb, out) in reduced.iter_mut().enumerate() {
        *out = (h[limb] & !over) | (g[limb] & over);
    }
    reduced
}
