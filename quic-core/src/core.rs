//! The endpoint: takes batches of datagrams in, hands batches of events and datagrams out.

use crate::buffers::Buffers;
use crate::config::Config;
use crate::events::Events;
use crate::layout::*;
use crate::link::{Arrival, Link, Polled};
use crate::output::Output;
use crate::setup::{ResetKey, create_endpoint, server_config};
use crate::timers::Timers;
use crate::tls::{SERVER_NAME, Sessions};
use bytes::{Bytes, BytesMut};
use quinn_proto::{
    ClientConfig, Connection, ConnectionHandle, DatagramEvent, Endpoint, Incoming, NoneTokenStore,
    ServerConfig, Transmit,
};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use web_time::{Duration, Instant};

/// Answers outside of connections that wait for a flush. Beyond, they are dropped, as networks do.
const RESPONSES_MAX: usize = 1_024;
/// The code with which an arrival is closed that costs too much: `refused`.
const CODE_REFUSED: u32 = 0x17;

/// A datagram that belongs to no connection.
struct Response {
    transmit: Transmit,
    bytes: Vec<u8>,
}

/// All state of the module.
pub struct Core {
    pub input: &'static mut [u8],
    pub write: &'static mut [u8],
    pub events: Events,
    pub output: Output,
    /// False until the host listens: arrivals are refused.
    pub accepting: bool,
    /// Datagrams that belonged to nothing or were malformed.
    pub dropped: u32,
    config: Config,
    sessions: Sessions,
    server: ServerConfig,
    endpoint: Endpoint,
    links: Vec<Option<Box<Link>>>,
    live: usize,
    /// Bytes of all windows.
    granted: u64,
    handshakes: usize,
    to_poll: VecDeque<usize>,
    to_flush: VecDeque<usize>,
    responses: VecDeque<Response>,
    timers: Timers,
    scratch: Vec<u8>,
}

impl Core {
    pub fn new(config: Config, certificate: Vec<u8>, key: Vec<u8>, buffers: Buffers) -> Result<Self, String> {
        let reset = ResetKey::derive(&key)?;
        let sessions = Sessions::new(certificate, key)?;
        let server = server_config(&sessions);
        let endpoint = create_endpoint(&config, &reset, server.clone())?;
        Ok(Self {
            input: buffers.received,
            write: buffers.writes,
            events: Events::new(buffers.events),
            output: Output::new(buffers.to_send),
            accepting: false,
            dropped: 0,
            config,
            sessions,
            server,
            endpoint,
            links: Vec::new(),
            live: 0,
            granted: 0,
            handshakes: 0,
            to_poll: VecDeque::new(),
            to_flush: VecDeque::new(),
            responses: VecDeque::new(),
            timers: Timers::default(),
            scratch: Vec::with_capacity(1 << 16),
        })
    }

    pub fn live(&self) -> usize {
        self.live
    }

    pub fn handshakes(&self) -> usize {
        self.handshakes
    }

    /// True while a connection may have something to tell.
    pub fn wants_poll(&self) -> bool {
        !self.to_poll.is_empty()
    }

    /// True while something may have to be sent.
    pub fn wants_flush(&self) -> bool {
        !self.to_flush.is_empty() || !self.responses.is_empty()
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub fn link(&mut self, handle: usize) -> Option<&mut Link> {
        self.links.get_mut(handle)?.as_deref_mut()
    }

    /// The link, queued for a flush.
    pub fn touched(&mut self, handle: usize) -> Option<&mut Link> {
        let link = self.links.get_mut(handle)?.as_deref_mut()?;
        if !link.wants_flush {
            link.wants_flush = true;
            self.to_flush.push_back(handle);
        }
        Some(link)
    }

    /// Queues a link for both a poll and a flush.
    pub fn mark(&mut self, handle: usize) {
        if let Some(link) = self.touched(handle)
            && !link.wants_poll
        {
            link.wants_poll = true;
            self.to_poll.push_back(handle);
        }
    }

    /// Takes in the datagrams that fill the first `length` bytes of the input buffer.
    pub fn receive(&mut self, length: usize, now: Instant) {
        let length = length.min(self.input.len());
        let mut at = 0;
        while at + DATAGRAM_HEADER <= length {
            let size = word(self.input, at) as usize;
            let port = word(self.input, at + 4);
            let mut octets = [0; 16];
            octets.copy_from_slice(&self.input[at + 8..at + DATAGRAM_HEADER]);
            let body = at + DATAGRAM_HEADER;
            if body + size > length {
                break;
            }
            let datagram = BytesMut::from(&self.input[body..body + size]);
            at = body + padded(size);
            self.take_datagram(to_address(port, octets), datagram, now);
        }
    }

    fn take_datagram(&mut self, from: SocketAddr, datagram: BytesMut, now: Instant) {
        let size = datagram.len() as u32;
        self.scratch.clear();
        match self.endpoint.handle(now, from, None, None, datagram, &mut self.scratch) {
            Some(DatagramEvent::ConnectionEvent(handle, event)) => {
                let ConnectionHandle(handle) = handle;
                if let Some(link) = self.link(handle) {
                    link.connection.handle_event(event);
                    self.mark(handle);
                    self.charge_arrival(handle, size, now);
                }
            }
            Some(DatagramEvent::NewConnection(incoming)) => self.arrive(incoming, now),
            Some(DatagramEvent::Response(transmit)) => self.respond(transmit),
            None => self.dropped = self.dropped.wrapping_add(1),
        }
    }

    /// Ends an arrival that sends more than a handshake needs.
    fn charge_arrival(&mut self, handle: usize, size: u32, now: Instant) {
        let (packets_max, bytes_max) = (self.config.arrival_packets_max, self.config.arrival_bytes_max);
        let Some(link) = self.link(handle) else { return };
        if !link.connection.is_handshaking() {
            return;
        }
        let Some(arrival) = link.arrival.as_mut() else { return };
        arrival.packets += 1;
        arrival.bytes = arrival.bytes.saturating_add(size);
        if arrival.packets > packets_max || arrival.bytes > bytes_max {
            self.refuse_arrival(handle, now);
        }
    }

    fn end_arrival(&mut self, handle: usize) {
        if let Some(link) = self.link(handle)
            && link.arrival.take().is_some()
        {
            self.handshakes -= 1;
        }
    }

    fn refuse_arrival(&mut self, handle: usize, now: Instant) {
        self.end_arrival(handle);
        if let Some(link) = self.link(handle) {
            link.connection.close(now, CODE_REFUSED.into(), Bytes::from_static(b"handshake too costly"));
            self.mark(handle);
        }
    }

    fn arrive(&mut self, incoming: Incoming, now: Instant) {
        self.scratch.clear();
        let full =
            self.live >= self.config.connections_max || self.handshakes >= self.config.handshakes_hard_max();
        if full || !self.accepting {
            let transmit = self.endpoint.refuse(incoming, &mut self.scratch);
            self.respond(transmit);
        } else if self.handshakes >= self.config.handshakes_max && incoming.may_retry() {
            match self.endpoint.retry(incoming, &mut self.scratch) {
                Ok(transmit) => self.respond(transmit),
                Err(error) => self.endpoint.ignore(error.into_incoming()),
            }
        } else {
            self.admit(incoming, now);
        }
    }

    fn admit(&mut self, incoming: Incoming, now: Instant) {
        let window = self.config.window(self.granted);
        let mut server = self.server.clone();
        server.transport_config(self.config.transport(incoming.remote_address(), window));
        let accepted = self.endpoint.accept(incoming, now, &mut self.scratch, Some(Arc::new(server)));
        match accepted {
            Ok((handle, connection)) => {
                let deadline = now + Duration::from_millis(self.config.handshake_timeout.into());
                self.handshakes += 1;
                self.add(handle, connection, window, Some(Arrival { deadline, packets: 1, bytes: 0 }));
            }
            Err(error) => {
                self.dropped = self.dropped.wrapping_add(1);
                if let Some(transmit) = error.response {
                    self.respond(transmit);
                }
            }
        }
    }

    /// Queues what stands in `scratch`.
    fn respond(&mut self, transmit: Transmit) {
        if self.responses.len() < RESPONSES_MAX {
            let bytes = self.scratch[..transmit.size].to_vec();
            self.responses.push_back(Response { transmit, bytes });
        }
    }

    fn add(
        &mut self,
        handle: ConnectionHandle,
        connection: Connection,
        window: u64,
        arrival: Option<Arrival>,
    ) {
        let ConnectionHandle(handle) = handle;
        if self.links.len() <= handle {
            self.links.resize_with(handle + 1, || None);
        }
        self.links[handle] = Some(Box::new(Link::new(connection, window, arrival)));
        self.live += 1;
        self.granted += window;
        self.mark(handle);
    }

    /// Starts a connection to `remote`. `None` at the bound or where the address can't be one.
    pub fn connect(&mut self, remote: SocketAddr, now: Instant) -> Option<usize> {
        if self.live >= self.config.connections_max {
            return None;
        }
        let mut client = ClientConfig::new(self.sessions.client.clone());
        let window = self.config.window(self.granted);
        client.transport_config(self.config.transport(remote, window)).token_store(Arc::new(NoneTokenStore));
        let (handle, connection) = self.endpoint.connect(now, client, remote, SERVER_NAME).ok()?;
        self.add(handle, connection, window, None);
        Some(handle.0)
    }

    /// Fills the event buffer.
    pub fn poll(&mut self) -> usize {
        self.events.clear();
        for _ in 0..self.to_poll.len() {
            let Some(handle) = self.to_poll.pop_front() else { break };
            let Some(Some(link)) = self.links.get_mut(handle) else { continue };
            link.wants_poll = false;
            let polled = link.poll(handle, &mut self.endpoint, &mut self.events);
            if link.established() || link.connection.is_closed() {
                self.end_arrival(handle);
            }
            match polled {
                Polled::Idle => {}
                Polled::Gone => self.remove(handle),
                Polled::Full => {
                    self.mark(handle);
                    break;
                }
            }
        }
        self.events.length()
    }

    fn remove(&mut self, handle: usize) {
        self.end_arrival(handle);
        self.timers.set(handle, None);
        if let Some(link) = self.links[handle].take() {
            self.live -= 1;
            self.granted -= link.window;
        }
    }

    /// Fills the output buffer.
    pub fn flush(&mut self, now: Instant) -> usize {
        self.output.clear();
        while let Some(response) = self.responses.pop_front() {
            if !self.output.has_room() {
                self.responses.push_front(response);
                return self.output.length();
            }
            self.output.put(&response.transmit, &response.bytes);
        }
        while let Some(handle) = self.to_flush.pop_front() {
            let Some(Some(link)) = self.links.get_mut(handle) else { continue };
            link.wants_flush = false;
            if !transmit_all(link, &mut self.output, &mut self.scratch, now) {
                self.touched(handle);
                return self.output.length();
            }
            self.schedule(handle);
        }
        self.output.length()
    }

    fn schedule(&mut self, handle: usize) {
        let Some(link) = self.link(handle) else { return };
        let deadline = link.connection.poll_timeout();
        let deadline = match (&link.arrival, deadline) {
            (Some(arrival), Some(at)) => Some(at.min(arrival.deadline)),
            (Some(arrival), None) => Some(arrival.deadline),
            (None, at) => at,
        };
        self.timers.set(handle, deadline);
    }

    /// Runs the timers that are due.
    pub fn expire(&mut self, now: Instant) {
        while let Some(handle) = self.timers.pop_due(now) {
            let Some(link) = self.link(handle) else { continue };
            link.connection.handle_timeout(now);
            if link.arrival.as_ref().is_some_and(|arrival| arrival.deadline <= now) {
                self.refuse_arrival(handle, now);
            }
            self.mark(handle);
        }
    }

    /// Closes a connection. Its packets leave with the next flush; no event about it follows.
    pub fn close(&mut self, handle: usize, code: u32, reason: &[u8], now: Instant) {
        self.end_arrival(handle);
        let Some(Some(link)) = self.links.get_mut(handle) else { return };
        if link.established() && link.dialled() && !link.greeted {
            // Without our last handshake packets the peer could not read why we close.
            self.scratch.clear();
            while let Some(transmit) = link.connection.poll_transmit(now, 1, &mut self.scratch) {
                let bytes = std::mem::take(&mut self.scratch);
                self.responses.push_back(Response { transmit, bytes });
            }
        }
        link.connection.close(now, code.into(), Bytes::copy_from_slice(reason));
        self.mark(handle);
    }
}

/// Hands out what a link wants to send. False where the buffer was too small for all of it.
fn transmit_all(link: &mut Link, output: &mut Output, scratch: &mut Vec<u8>, now: Instant) -> bool {
    loop {
        if !output.has_room() {
            return false;
        }
        scratch.clear();
        let segments = Output::segments(link.connection.current_mtu());
        let Some(transmit) = link.connection.poll_transmit(now, segments, scratch) else { break };
        output.put(&transmit, scratch);
    }
    link.greeted = link.established();
    true
}
