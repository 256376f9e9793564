//! A QUIC endpoint without I/O, for a host that owns the socket and the clock.
//!
//! The host and the module exchange batches through four buffers in linear memory: received datagrams in,
//! events out, datagrams to send out, stream bytes in. [`abi`] lists the functions, [`layout`] the records.
//!
//! A panic is a trap: the host sees an exception and must not call this instance again.

mod abi;
mod aead;
mod buffers;
mod chacha;
mod closing;
mod config;
mod core;
mod events;
mod host;
mod layout;
mod link;
mod output;
mod poly1305;
mod setup;
mod timers;
mod tls;
