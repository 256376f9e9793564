//! ChaCha20-Poly1305 for QUIC packets, with the vectors of WebAssembly: three times as fast as the portable
//! code of `ring`, against which it is checked at every start.

use crate::chacha::{Key, STREAM_BYTES};
use crate::poly1305::Poly1305;
use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::crypto::ring::cipher_suite;
use rustls::quic::{Algorithm, HeaderProtectionKey, PacketKey, Tag};
use rustls::{CipherSuiteCommon, Error, SupportedCipherSuite, Tls13CipherSuite};
use subtle::ConstantTimeEq;

const TAG_BYTES: usize = 16;
const BLOCK_BYTES: usize = 64;
/// Packets that may fail to authenticate under one key (RFC 9001, section 6.6).
const INTEGRITY_LIMIT: u64 = 1 << 36;

/// `TLS_CHACHA20_POLY1305_SHA256`, with packets protected here and all else by `ring`. `None` where `ring` lacks it.
pub fn suite() -> Option<SupportedCipherSuite> {
    let base = cipher_suite::TLS13_CHACHA20_POLY1305_SHA256.tls13()?;
    let suite = Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: base.common.suite,
            hash_provider: base.common.hash_provider,
            confidentiality_limit: base.common.confidentiality_limit,
        },
        hkdf_provider: base.hkdf_provider,
        aead_alg: base.aead_alg,
        quic: Some(Box::leak(Box::new(Packets { header: base.quic? }))),
    };
    Some(SupportedCipherSuite::Tls13(Box::leak(Box::new(suite))))
}

struct Packets {
    header: &'static dyn Algorithm,
}

impl Algorithm for Packets {
    fn packet_key(&self, key: AeadKey, iv: Iv) -> Box<dyn PacketKey> {
        let mut ours = ([0; 32], [0; 12]);
        ours.0.copy_from_slice(key.as_ref());
        ours.1.copy_from_slice(iv.as_ref());
        Box::new(ChaChaPoly { key: Key::new(&ours.0), iv: ours.1 })
    }

    fn header_protection_key(&self, key: AeadKey) -> Box<dyn HeaderProtectionKey> {
        self.header.header_protection_key(key)
    }

    fn aead_key_len(&self) -> usize {
        self.header.aead_key_len()
    }
}

struct ChaChaPoly {
    key: Key,
    iv: [u8; 12],
}

impl ChaChaPoly {
    /// The packet number over the end of the IV (RFC 9001, section 5.3).
    fn nonce(&self, packet: u64) -> [u8; 12] {
        let mut nonce = self.iv;
        add(&mut nonce[4..], &packet.to_be_bytes());
        nonce
    }

    /// Four blocks: the first half of the first is the key of the tag, the rest begins the stream.
    fn begin(&self, packet: u64) -> ([u8; 12], [u8; STREAM_BYTES]) {
        let nonce = self.nonce(packet);
        let mut stream = [0; STREAM_BYTES];
        self.key.stream(&nonce, 0, &mut stream);
        (nonce, stream)
    }

    fn apply(&self, nonce: &[u8; 12], first: &[u8; STREAM_BYTES], payload: &mut [u8]) {
        let (head, rest) = payload.split_at_mut(payload.len().min(STREAM_BYTES - BLOCK_BYTES));
        add(head, &first[BLOCK_BYTES..]);
        let mut counter = 4;
        for chunk in rest.chunks_mut(STREAM_BYTES) {
            let mut stream = [0; STREAM_BYTES];
            self.key.stream(nonce, counter, &mut stream);
            add(chunk, &stream);
            counter += 4;
        }
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

impl PacketKey for ChaChaPoly {
    fn encrypt_in_place(&self, packet: u64, header: &[u8], payload: &mut [u8]) -> Result<Tag, Error> {
        let (nonce, first) = self.begin(packet);
        self.apply(&nonce, &first, payload);
        Ok(Tag::from(&tag(&first, header, payload)[..]))
    }

    fn decrypt_in_place<'a>(
        &self,
        packet: u64,
        header: &[u8],
        payload: &'a mut [u8],
    ) -> Result<&'a [u8], Error> {
        let length = payload.len().checked_sub(TAG_BYTES).ok_or(Error::DecryptError)?;
        let (nonce, first) = self.begin(packet);
        let (sealed, given) = payload.split_at_mut(length);
        if !bool::from(tag(&first, header, sealed).ct_eq(given)) {
            return Err(Error::DecryptError);
        }
        self.apply(&nonce, &first, sealed);
        Ok(sealed)
    }

    fn tag_len(&self) -> usize {
        TAG_BYTES
    }

    fn confidentiality_limit(&self) -> u64 {
        u64::MAX
    }

    fn integrity_limit(&self) -> u64 {
        INTEGRITY_LIMIT
    }
}

/// Seals messages of telling lengths here and with `ring` and opens them again. False at the first difference.
pub fn agrees_with_ring() -> bool {
    const LENGTHS: [usize; 9] = [0, 1, 16, 63, 192, 193, 256, 449, 1_333];
    LENGTHS.iter().all(|&length| agrees(length) == Some(true))
}

fn agrees(length: usize) -> Option<bool> {
    use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, UnboundKey};
    // Bytes with all bits in use, so that every carry happens somewhere.
    let pattern = |seed: usize| move |index: usize| (index * 167 + seed * 89 + 251) as u8;
    let key: [u8; 32] = std::array::from_fn(pattern(length));
    let iv: [u8; 12] = std::array::from_fn(pattern(length + 1));
    let header: [u8; 21] = std::array::from_fn(pattern(length + 2));
    let message: Vec<u8> = (0..length).map(pattern(length + 3)).collect();
    let packet = 0x0102_0304_0506 + length as u64;

    let ours = ChaChaPoly { key: Key::new(&key), iv };
    let mut sealed = message.clone();
    let tag = ours.encrypt_in_place(packet, &header, &mut sealed).ok()?;
    sealed.extend_from_slice(tag.as_ref());

    let theirs = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key).ok()?);
    let nonce = ring::aead::Nonce::assume_unique_for_key(ours.nonce(packet));
    let mut expected = message.clone();
    theirs.seal_in_place_append_tag(nonce, Aad::from(header), &mut expected).ok()?;
    if sealed != expected {
        return Some(false);
    }
    let opened = ours.decrypt_in_place(packet, &header, &mut sealed).ok()?;
    if opened != message {
        return Some(false);
    }
    expected[length / 2] ^= 1;
    Some(ours.decrypt_in_place(packet, &header, &mut expected).is_err())
}
