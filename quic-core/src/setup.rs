//! How the endpoint is set up: versions, connection ids, resets and Retry.

use crate::config::Config;
use crate::host;
use crate::tls::Sessions;
use quinn_proto::{
    Endpoint, EndpointConfig, HashedConnectionIdGenerator, ServerConfig, ValidationTokenConfig,
};
use std::sync::Arc;
use web_time::Duration;

/// QUIC version 1 (RFC 9000), the only one spoken.
const QUIC_VERSION: u32 = 1;
/// The largest datagram we are ready to receive.
const DATAGRAM_MAX: u16 = 65_527;
/// Time to come back with the token of a Retry.
const RETRY_LIFETIME: Duration = Duration::from_secs(10);

/// How arrivals are met: no tokens for later, and Retry must be answered soon.
pub fn server_config(sessions: &Sessions) -> ServerConfig {
    let mut tokens = ValidationTokenConfig::default();
    tokens.sent(0);
    let mut server = ServerConfig::with_crypto(sessions.server.clone());
    server.validation_token_config(tokens).retry_token_lifetime(RETRY_LIFETIME);
    server
}

/// An endpoint that answers arrivals as `server` says.
pub fn create_endpoint(config: &Config, reset: &ResetKey, server: ServerConfig) -> Result<Endpoint, String> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &reset.token);
    let generator = reset.generator;
    let mut settings = EndpointConfig::new(Arc::new(key));
    settings
        .cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(generator)))
        .supported_versions(vec![QUIC_VERSION])
        // Every packet keeps the bit by which the host tells QUIC from raw datagrams.
        .grease_quic_bit(false)
        .min_reset_interval(Duration::from_millis(config.reset_interval.into()))
        .max_udp_payload_size(DATAGRAM_MAX)
        .map_err(|error| error.to_string())?;

    let mut seed = [0; 32];
    host::fill_random(&mut seed);
    Ok(Endpoint::new(Arc::new(settings), Some(Arc::new(server)), true, Some(seed)))
}

/// Keys that are the same after a restart with the same identity, so that what is left of a former life is
/// recognised and its connections are reset at once.
pub struct ResetKey {
    token: [u8; 32],
    generator: u64,
}

impl ResetKey {
    /// From the private key of the node.
    pub fn derive(identity: &[u8]) -> Result<Self, String> {
        use ring::hkdf;
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"macula/2 quic");
        let secret = salt.extract(identity);
        let mut token = [0; 32];
        let mut generator = [0; 32];
        for (label, target) in
            [(b"reset token ", &mut token), (b"connection id", &mut generator)] as [(&[u8], &mut [u8; 32]); 2]
        {
            secret
                .expand(&[label], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(target))
                .map_err(|_| "the reset key could not be derived")?;
        }
        let [a, b, c, d, e, f, g, h, ..] = generator;
        Ok(Self { token, generator: u64::from_le_bytes([a, b, c, d, e, f, g, h]) })
    }
}
