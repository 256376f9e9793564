//! One connection and what the host is told of it.

use crate::closing::Closing;
use crate::events::Events;
use crate::layout::*;
use crate::tls;
use quinn_proto::{
    Connection, ConnectionHandle, Dir, Endpoint, Event, ReadError, Side, StreamEvent, StreamId, VarInt,
};
use rustls::pki_types::CertificateDer;
use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use web_time::Instant;

/// Room in the event buffer below which no further stream is read.
const DATA_ROOM_MIN: usize = 2 << 10;

/// What an arrival has cost so far, until its handshake is done.
pub struct Arrival {
    pub deadline: Instant,
    pub packets: u32,
    pub bytes: u32,
}

/// How a poll of a link ended.
#[derive(PartialEq)]
pub enum Polled {
    /// Nothing is left to tell.
    Idle,
    /// The event buffer is full.
    Full,
    /// The connection is over and its handle will be used again.
    Gone,
}

/// A connection with the state that the host does not see.
pub struct Link {
    pub connection: Connection,
    /// Set while the handshake of an arrival runs.
    pub arrival: Option<Arrival>,
    /// The window that was granted to it.
    pub window: u64,
    pub wants_poll: bool,
    pub wants_flush: bool,
    /// The packets that complete our side of the handshake have been handed out.
    pub greeted: bool,
    remote: SocketAddr,
    established: bool,
    attached: bool,
    /// The endpoint has forgotten the connection; its handle is given away when the host has heard all.
    drained: bool,
    accepts_left: bool,
    backlog: VecDeque<StreamId>,
    paused: BTreeSet<StreamId>,
}

impl Link {
    pub fn new(connection: Connection, window: u64, arrival: Option<Arrival>) -> Self {
        Self {
            remote: connection.remote_address(),
            connection,
            arrival,
            window,
            wants_poll: false,
            wants_flush: false,
            greeted: false,
            established: false,
            attached: false,
            drained: false,
            accepts_left: false,
            backlog: VecDeque::new(),
            paused: BTreeSet::new(),
        }
    }

    pub fn dialled(&self) -> bool {
        self.connection.side() == Side::Client
    }

    pub fn established(&self) -> bool {
        self.established
    }

    /// The host has set its handlers: from now on it may be told of streams and of the end.
    pub fn attach(&mut self) {
        self.attached = true;
    }

    /// Stops or goes on reading a stream. What is not read is held back at the peer by flow control.
    pub fn pause(&mut self, id: StreamId, on: bool) {
        if on {
            self.paused.insert(id);
        } else if self.paused.remove(&id) {
            self.backlog.push_back(id);
        }
    }

    /// The stream is over for the host.
    pub fn forget(&mut self, id: StreamId) {
        self.paused.remove(&id);
    }

    /// Tells the host all there is to tell, as far as the buffer goes.
    pub fn poll(&mut self, handle: usize, endpoint: &mut Endpoint, events: &mut Events) -> Polled {
        self.exchange(handle, endpoint);
        if self.waits_for_host() {
            return Polled::Idle;
        }
        if !self.read_left_over(handle, events) {
            return Polled::Full;
        }
        loop {
            if !events.has_room() {
                return Polled::Full;
            }
            let Some(event) = self.connection.poll() else { break };
            if !self.tell(handle, event, events) {
                return Polled::Full;
            }
            self.exchange(handle, endpoint);
            if self.waits_for_host() {
                return Polled::Idle;
            }
        }
        if events.has_room() {
            self.tell_address(handle, events);
        }
        if self.drained { Polled::Gone } else { Polled::Idle }
    }

    /// The host has heard of the connection and is not ready for more.
    fn waits_for_host(&self) -> bool {
        self.established && !self.attached && !self.drained
    }

    /// Passes the connection's messages to the endpoint.
    fn exchange(&mut self, handle: usize, endpoint: &mut Endpoint) {
        while let Some(event) = self.connection.poll_endpoint_events() {
            self.drained |= event.is_drained();
            if let Some(answer) = endpoint.handle_event(ConnectionHandle(handle), event) {
                self.connection.handle_event(answer);
            }
        }
    }

    fn read_left_over(&mut self, handle: usize, events: &mut Events) -> bool {
        if self.accepts_left && !self.accept(handle, events) {
            return false;
        }
        for _ in 0..self.backlog.len() {
            let Some(id) = self.backlog.pop_front() else { break };
            if !self.read(handle, id, events) {
                return false;
            }
        }
        true
    }

    /// False where the buffer was too small for all of it; the rest comes with the next poll.
    fn tell(&mut self, handle: usize, event: Event, events: &mut Events) -> bool {
        match event {
            Event::Connected => self.tell_connected(handle, events),
            Event::ConnectionLost { reason } => {
                if self.established || self.dialled() {
                    let closing = Closing::of(&reason);
                    events.put(EVENT_LOST, handle, closing.kind, closing.code, &closing.reason);
                }
            }
            Event::Stream(event) => return self.tell_stream(handle, event, events),
            Event::HandshakeDataReady | Event::DatagramReceived | Event::DatagramsUnblocked => {}
        }
        true
    }

    fn tell_connected(&mut self, handle: usize, events: &mut Events) {
        self.established = true;
        let identity = self.connection.crypto_session().peer_identity();
        let chain = identity.and_then(|any| any.downcast::<Vec<CertificateDer<'static>>>().ok());
        let certificate = chain.and_then(|chain| chain.into_iter().next());
        let mut body = from_address(self.connection.remote_address()).to_vec();
        if let Some(certificate) = certificate {
            body.extend_from_slice(&tls::public_key(&certificate).unwrap_or_default());
            body.extend_from_slice(&certificate);
        }
        let arrived = u32::from(!self.dialled());
        events.put(EVENT_CONNECTED, handle, arrived, 0, &body);
    }

    fn tell_stream(&mut self, handle: usize, event: StreamEvent, events: &mut Events) -> bool {
        match event {
            StreamEvent::Opened { .. } => return self.accept(handle, events),
            StreamEvent::Readable { id } => return self.read(handle, id, events),
            StreamEvent::Writable { id } => {
                events.put_stream(EVENT_WRITABLE, handle, number(id), &[]);
            }
            StreamEvent::Available { .. } => events.put(EVENT_AVAILABLE, handle, 0, 0, &[]),
            StreamEvent::Stopped { id, error_code } => {
                // Whoever is told to stop has to say where it stopped (RFC 9000, section 3.5).
                let _ = self.connection.send_stream(id).reset(error_code);
                events.put_stream(EVENT_STOPPED, handle, number(id), &code_bytes(error_code));
            }
            StreamEvent::Finished { .. } => {}
        }
        true
    }

    fn accept(&mut self, handle: usize, events: &mut Events) -> bool {
        self.accepts_left = true;
        while events.has_room() {
            let Some(id) = self.connection.streams().accept(Dir::Bi) else {
                self.accepts_left = false;
                return true;
            };
            events.put_stream(EVENT_OPENED, handle, number(id), &[]);
            if !self.read(handle, id, events) {
                return false;
            }
        }
        false
    }

    /// Moves what a stream holds into one event. False where the buffer was too small for all of it.
    fn read(&mut self, handle: usize, id: StreamId, events: &mut Events) -> bool {
        if self.paused.contains(&id) {
            self.tell_early_reset(handle, id, events);
            return true;
        }
        if !events.has_room() {
            self.backlog.push_back(id);
            return false;
        }
        let mut stream = self.connection.recv_stream(id);
        let Ok(mut chunks) = stream.read(true) else { return true };
        let mut filled = 0;
        let end = loop {
            let room = events.data_room() - filled;
            if room < DATA_ROOM_MIN {
                break None;
            }
            match chunks.next(room) {
                Ok(Some(chunk)) => {
                    events.append(filled, &chunk.bytes);
                    filled += chunk.bytes.len();
                }
                Ok(None) => break Some(EVENT_DATA_END),
                Err(ReadError::Blocked) => break Some(EVENT_DATA),
                Err(ReadError::Reset(code)) => {
                    let _ = chunks.finalize();
                    events.put_stream(EVENT_RESET, handle, number(id), &code_bytes(code));
                    return true;
                }
            }
        };
        // Credit for the peer leaves with the next flush in any case.
        let _ = chunks.finalize();
        let kind = end.unwrap_or(EVENT_DATA);
        if filled > 0 || kind == EVENT_DATA_END {
            events.close_stream(kind, handle, number(id), filled);
        }
        if end.is_none() {
            self.backlog.push_back(id);
        }
        end.is_some()
    }

    /// A reset overtakes what a paused stream still holds.
    fn tell_early_reset(&mut self, handle: usize, id: StreamId, events: &mut Events) {
        if let Ok(Some(code)) = self.connection.recv_stream(id).received_reset() {
            self.paused.remove(&id);
            events.put_stream(EVENT_RESET, handle, number(id), &code_bytes(code));
        }
    }

    fn tell_address(&mut self, handle: usize, events: &mut Events) {
        let remote = self.connection.remote_address();
        if self.established && remote != self.remote {
            self.remote = remote;
            events.put(EVENT_MOVED, handle, 0, 0, &from_address(remote));
        }
    }
}

/// The number of a stream as it stands on the wire.
pub fn number(id: StreamId) -> u64 {
    VarInt::from(id).into_inner()
}

/// The stream behind a number that the host names.
pub fn stream_id(number: u64) -> StreamId {
    let initiator = if number & 1 == 1 { Side::Server } else { Side::Client };
    let direction = if number & 2 == 2 { Dir::Uni } else { Dir::Bi };
    StreamId::new(initiator, direction, number >> 2)
}

fn code_bytes(code: VarInt) -> [u8; 4] {
    u32::try_from(code.into_inner()).unwrap_or(u32::MAX).to_le_bytes()
}
