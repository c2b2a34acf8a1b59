//! The transaction layer as one machine: messages in, messages out, and events for the user of the transactions. It
//! carries out what the tables of [`super::transaction`] say, sends 100 to every INVITE at once, answers CANCEL, repeats
//! a 2xx until its ACK comes and an ACK whenever its 2xx comes again.

mod again;
mod client;
mod connection;
mod server;
mod unacked;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use crate::chance::Chance;
use crate::now::Mono;

use super::flow::Flows;
use super::hop::{FlowId, Hop, Interfaces};
use super::message::{Method, Received, Start};
use super::transaction;
use super::transaction::timer::Deadlines;

use client::{Client, ClientKey, client_key};
use server::{RequestKind, Server, ServerKey, server_key};
use unacked::{AckKey, Unacked};

/// The name of a client transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientTx(u64);

/// The name of a server transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerTx(u64);

/// What the user of the transactions is told.
#[derive(Debug)]
pub enum Event {
    /// A new request; it wants [`Endpoint::respond`] (an INVITE [`Endpoint::accept`] or `respond`).
    Request { tx: ServerTx, hop: Hop, request: Box<Received> },
    /// The other side cancelled this INVITE before it had a final response; it wants a 487.
    Cancelled { tx: ServerTx },
    /// The 2xx of this INVITE has arrived.
    Acked { tx: ServerTx, ack: Box<Received> },
    /// The 2xx of this INVITE was never acknowledged (RFC 3261 §13.3.1.4: the dialog is to be ended).
    NeverAcked { tx: ServerTx },
    /// A response other than 100.
    Response { tx: ClientTx, hop: Hop, response: Box<Received> },
    /// No final response came in time, or the request could not be sent at all.
    TimedOut { tx: ClientTx },
    /// The connection was lost after a provisional response: as good as a 503 (RFC 3261 §8.1.3.1).
    Broken { tx: ClientTx },
    /// No transaction needs this connection, which we opened: it wants [`Endpoint::keep_flow`] or [`Flows::close`].
    Idle { flow: FlowId },
    /// A response to this INVITE can be sent no more: its connection is gone, and no new one can be had (§17.2.4).
    Unreachable { tx: ServerTx },
}

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    pub hop: Hop,
    pub bytes: Vec<u8>,
}

/// See the module.
#[derive(Debug)]
pub struct Endpoint {
    pub interfaces: Interfaces,
    pub flows: Flows,
    chance: Chance,
    /// The larger values are in boxes of their own: a table keeps room for twice as many as it holds.
    clients: HashMap<ClientTx, Box<Client>>,
    /// How many of them are [`ClientUser::Proof`].
    proofs: usize,
    by_branch: HashMap<Arc<ClientKey>, ClientTx>,
    servers: HashMap<ServerTx, Box<Server>>,
    by_request: HashMap<Arc<ServerKey>, ServerTx>,
    /// 2xx that want their ACK, which comes in a transaction of its own.
    unacked: HashMap<ServerTx, Unacked>,
    by_ack: HashMap<Arc<AckKey>, ServerTx>,
    deadlines: Deadlines<Timer>,
    events: VecDeque<Event>,
    transmits: VecDeque<Transmit>,
    last_tx: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    ClientResend(ClientTx),
    ClientEnd(ClientTx),
    ServerResend(ServerTx),
    ServerEnd(ServerTx),
    /// Repeat the 2xx (RFC 3261 §13.3.1.4).
    AcceptedResend(ServerTx),
    AcceptedEnd(ServerTx),
    /// Look whether a connection that we opened is still needed.
    FlowIdle(FlowId),
}

impl Endpoint {
    pub fn new(interfaces: Interfaces, chance: Chance) -> Endpoint {
        Endpoint {
            interfaces,
            flows: Flows::default(),
            chance,
            clients: HashMap::new(),
            proofs: 0,
            by_branch: HashMap::new(),
            servers: HashMap::new(),
            by_request: HashMap::new(),
            unacked: HashMap::new(),
            by_ack: HashMap::new(),
            deadlines: Deadlines::default(),
            events: VecDeque::new(),
            transmits: VecDeque::new(),
            last_tx: 0,
        }
    }

    /// What happened, until there is no more.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What to send, until there is no more.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// When [`Endpoint::handle_timeout`] wants to be called at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.deadlines.next()
    }

    /// How many transactions live, but for those of [`Endpoint::ask`].
    pub fn transactions(&self) -> usize {
        self.clients.len() + self.servers.len() - self.proofs
    }

    /// Whether this message belongs to a transaction that lives: such a one is nobody's first word to us. A CANCEL or ACK
    /// goes the way of its INVITE (RFC 3261 §9.1, §17.1.1.3), so from elsewhere it is a forgery.
    pub fn knows(&self, message: &Received, from: IpAddr) -> bool {
        match &message.start {
            Start::Response { .. } => self.by_branch.contains_key(&client_key(message)),
            Start::Request { method, .. } => {
                let key = server_key(message);
                let invite = ServerKey { kind: RequestKind::Invite, ..key.clone() };
                let same_way = |key: &ServerKey| {
                    let server = self.by_request.get(key).and_then(|tx| self.servers.get(tx));
                    server.is_some_and(|server| server.hop.to.ip() == from)
                };
                match method {
                    Method::Ack => same_way(&invite) || self.find_unacked(message).is_some(),
                    Method::Cancel => same_way(&key) || same_way(&invite),
                    _ => same_way(&key),
                }
            }
        }
    }

    /// A message has come from `hop.to`.
    pub fn receive(&mut self, now: Mono, hop: Hop, message: Received) {
        match &message.start {
            Start::Response { code, .. } => {
                let code = *code;
                self.response(now, hop, code, message);
            }
            Start::Request { method: Method::Ack, .. } => self.ack_came(now, message),
            Start::Request { .. } => self.request_came(now, hop, message),
        }
    }

    /// Sends an empty line, which is no message (RFC 5626 §3.5.1): the router on the way keeps the way back open. No
    /// connection is opened for it.
    pub fn keep_alive(&mut self, hop: Hop) {
        let living = self.flows.by_living(hop);
        self.transmits.extend(living.map(|hop| Transmit { hop, bytes: b"\r\n\r\n".to_vec() }));
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(timer) = self.deadlines.pop_due(now) {
            match timer {
                Timer::ClientResend(tx) => self.drive_client(now, tx, transaction::client::Input::Resend, None),
                Timer::ClientEnd(tx) => self.drive_client(now, tx, transaction::client::Input::End, None),
                Timer::ServerResend(tx) => self.serve(now, tx, transaction::server::Input::Resend, None),
                Timer::ServerEnd(tx) => self.serve(now, tx, transaction::server::Input::End, None),
                Timer::FlowIdle(flow) => {
                    let clients = self.clients.values().map(|client| client.hop);
                    let servers = self.servers.values().map(|server| server.hop);
                    if clients.chain(servers).any(|hop| hop.flow() == Some(flow)) {
                        self.keep_flow(now, flow);
                    } else {
                        self.events.push_back(Event::Idle { flow });
                    }
                }
                Timer::AcceptedResend(tx) => self.repeat_accepted(now, tx),
                Timer::AcceptedEnd(tx) => self.end_accepted(tx),
            }
        }
    }
}
