//! Why a connection was lost, in a form the host can branch on.

use quinn_proto::ConnectionError;

/// Bytes of a reason that are passed on.
pub const REASON_MAX: usize = 256;

/// What the host learns of the end of a connection.
pub struct Closing {
    /// One of the `KIND_` numbers.
    pub kind: u32,
    pub code: u32,
    pub reason: Vec<u8>,
}

/// The peer's application closed it, with its own code.
const KIND_APPLICATION: u32 = 1;
/// The peer's QUIC or TLS gave up, with a code of RFC 9000, section 20.
const KIND_PEER_TRANSPORT: u32 = 2;
/// Nothing was heard for the idle time.
const KIND_TIMEOUT: u32 = 3;
/// The peer no longer knows the connection.
const KIND_RESET: u32 = 4;
/// Our QUIC or TLS gave up because of what the peer sent, with a code of RFC 9000, section 20.
const KIND_OWN_TRANSPORT: u32 = 5;
/// Anything else.
const KIND_OTHER: u32 = 6;

impl Closing {
    pub fn of(error: &ConnectionError) -> Self {
        match error {
            ConnectionError::ApplicationClosed(close) => {
                Self::new(KIND_APPLICATION, close.error_code.into_inner(), &close.reason)
            }
            ConnectionError::ConnectionClosed(close) => {
                Self::new(KIND_PEER_TRANSPORT, close.error_code.into(), &close.reason)
            }
            ConnectionError::TransportError(error) => {
                Self::new(KIND_OWN_TRANSPORT, error.code.into(), error.reason.as_bytes())
            }
            ConnectionError::TimedOut => Self::new(KIND_TIMEOUT, 0, b"nothing was heard any more"),
            ConnectionError::Reset => Self::new(KIND_RESET, 0, b"the peer lost the connection's state"),
            other => Self::new(KIND_OTHER, 0, other.to_string().as_bytes()),
        }
    }

    fn new(kind: u32, code: u64, reason: &[u8]) -> Self {
        let reason = reason[..reason.len().min(REASON_MAX)].to_vec();
        Self { kind, code: u32::try_from(code).unwrap_or(u32::MAX), reason }
    }
}
