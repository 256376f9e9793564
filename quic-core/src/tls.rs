//! TLS 1.3 between two self-signed Ed25519 certificates.
//!
//! Here the peer proves that it holds the key of its certificate; whether that key is welcome is the
//! host's verdict. ChaCha20-Poly1305 stands first because AES without hardware is ten times slower.

use crate::{aead, host};
use quinn_proto::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::{cipher_suite, kx_group, sign};
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
    verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::Arc;

/// The application protocol: both ends must name it.
pub const PROTOCOL: &[u8] = b"macula/2";

/// The name in the client's hello. It says nothing: peers are known by their keys.
pub const SERVER_NAME: &str = "mesh.invalid";

static SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[webpki::ring::ED25519],
    mapping: &[(SignatureScheme::ED25519, &[webpki::ring::ED25519])],
};

/// Both sides' TLS settings.
pub struct Sessions {
    pub client: Arc<QuicClientConfig>,
    pub server: Arc<QuicServerConfig>,
}

impl Sessions {
    /// From the DER of our certificate and of its PKCS #8 private key. Whether the two belong together is for
    /// the peers to judge, as with anybody else's; an empty certificate shows none.
    pub fn new(certificate: Vec<u8>, key: Vec<u8>) -> Result<Self, String> {
        if !aead::agrees_with_ring() {
            return Err("the packet cipher computes wrong results".into());
        }
        let provider = Arc::new(provider().ok_or("a cipher suite is missing")?);
        let own = Arc::new(OwnCertificate::new(certificate, key)?);
        let verdict = Arc::new(KeyHolder);
        let versions = &[&rustls::version::TLS13];

        let mut server = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .map_err(|error| format!("server: {error}"))?
            .with_client_cert_verifier(verdict.clone())
            .with_cert_resolver(own.clone());
        server.alpn_protocols = vec![PROTOCOL.to_vec()];
        server.ignore_client_order = true;
        server.send_tls13_tickets = 0;

        let mut client = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| format!("client: {error}"))?
            .dangerous()
            .with_custom_certificate_verifier(verdict)
            .with_client_cert_resolver(own);
        client.alpn_protocols = vec![PROTOCOL.to_vec()];
        client.resumption = rustls::client::Resumption::disabled();

        let initial = cipher_suite::TLS13_AES_128_GCM_SHA256
            .tls13()
            .and_then(|suite| suite.quic_suite())
            .ok_or("the cipher suite of first packets is missing")?;
        Ok(Self {
            client: Arc::new(
                QuicClientConfig::with_initial(Arc::new(client), initial)
                    .map_err(|error| error.to_string())?,
            ),
            server: Arc::new(
                QuicServerConfig::with_initial(Arc::new(server), initial)
                    .map_err(|error| error.to_string())?,
            ),
        })
    }
}

/// The Ed25519 public key of a certificate, read by the same code that checked the handshake's signature,
/// so that no two readers can see two keys in one certificate.
pub fn public_key(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
    let info = parsed.subject_public_key_info();
    info.strip_prefix(&PREFIX)?.try_into().ok()
}

fn provider() -> Option<CryptoProvider> {
    Some(CryptoProvider {
        cipher_suites: vec![aead::suite()?, cipher_suite::TLS13_AES_128_GCM_SHA256],
        kx_groups: vec![kx_group::X25519],
        signature_verification_algorithms: SIGNATURES,
        secure_random: &HostRandom,
        key_provider: &Ed25519Keys,
    })
}

#[derive(Debug)]
struct HostRandom;

impl SecureRandom for HostRandom {
    fn fill(&self, target: &mut [u8]) -> Result<(), GetRandomFailed> {
        host::fill_random(target);
        Ok(())
    }
}

#[derive(Debug)]
struct Ed25519Keys;

impl KeyProvider for Ed25519Keys {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        match key {
            PrivateKeyDer::Pkcs8(key) => sign::any_eddsa_type(&key),
            _ => Err(Error::General("the key is not PKCS #8".into())),
        }
    }
}

/// What we show of ourselves, whatever is asked for.
#[derive(Debug)]
struct OwnCertificate(Option<Arc<CertifiedKey>>);

impl OwnCertificate {
    fn new(certificate: Vec<u8>, key: Vec<u8>) -> Result<Self, String> {
        let signing = sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(key))
            .map_err(|error| format!("private key: {error}"))?;
        if certificate.is_empty() {
            return Ok(Self(None));
        }
        Ok(Self(Some(Arc::new(CertifiedKey::new(vec![CertificateDer::from(certificate)], signing)))))
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }
}

impl ResolvesClientCert for OwnCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// Accepts any certificate whose holder signed the handshake with its Ed25519 key.
#[derive(Debug)]
struct KeyHolder;

fn check_key(certificate: &CertificateDer<'_>) -> Result<(), Error> {
    match public_key(certificate) {
        Some(_) => Ok(()),
        None => Err(Error::InvalidCertificate(rustls::CertificateError::BadEncoding)),
    }
}

impl ServerCertVerifier for KeyHolder {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        check_key(certificate).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &SIGNATURES)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

impl ClientCertVerifier for KeyHolder {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        check_key(certificate).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &SIGNATURES)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
