//! Requests of others: what a server transaction keeps, and what its table's acts do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::now::Mono;

use super::super::hop::{Hop, Protocol};
use super::super::message::{self, Header, Method, Received, Response};
use super::super::transaction::server::{Act, Input, Invite, NonInvite};
use super::super::transaction::timer::{T1, T2};
use super::super::wire;
use super::again::Again;
use super::connection::lead;
use super::{Endpoint, Event, ServerTx, Timer, Transmit};

/// Most of them are over and linger for 64·T1, so each is as small as its state allows.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) state: ServerState,
    pub(super) key: Arc<ServerKey>,
    /// Where responses go (RFC 3261 §18.2.2, RFC 3581 §4).
    pub(super) hop: Hop,
    /// The latest response, while it may be sent again.
    pub(super) last: Option<Again>,
    pub(super) interval: Duration,
    /// `None`: it has its final response.
    pub(super) request: Option<Box<Received>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum ServerState {
    Invite(Invite),
    NonInvite(NonInvite),
}

/// RFC 3261 §17.2.3. A request without the magic cookie is matched by what RFC 2543 had, joined into `branch`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ServerKey {
    pub(super) branch: String,
    pub(super) sent_by: (String, Option<u16>),
    pub(super) kind: RequestKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RequestKind {
    Invite,
    Cancel,
    Other,
}

impl Server {
    fn forget_what_is_never_sent_again(&mut self) {
        match self.state {
            ServerState::Invite(Invite::Proceeding)
            | ServerState::NonInvite(NonInvite::Trying | NonInvite::Proceeding) => {}
            ServerState::Invite(Invite::Completed) | ServerState::NonInvite(NonInvite::Completed) => {
                self.request = None
            }
            ServerState::Invite(Invite::Confirmed | Invite::Accepted | Invite::Terminated)
            | ServerState::NonInvite(NonInvite::Terminated) => (self.request, self.last) = (None, None),
        }
    }
}

impl Endpoint {
    /// Answers a request: any response but the 2xx of an INVITE.
    pub fn respond(&mut self, now: Mono, tx: ServerTx, response: &Response) {
        let code = response.status_code.code();
        let input = match code {
            0..=199 => Input::Provisional,
            200..=299 => Input::Success,
            _ => Input::Failure,
        };
        let Ok(bytes) = wire::write_response(response) else { return };
        self.serve(now, tx, input, Some(bytes));
    }

    /// Answers with a status and nothing else.
    pub fn respond_plain(&mut self, now: Mono, tx: ServerTx, code: u16, to_tag: Option<&str>, more: Vec<Header>) {
        let Some(request) = self.request_of(tx) else { return };
        let mut response = message::response_to(request, code, to_tag);
        for header in more {
            response.headers.push(header);
        }
        self.respond(now, tx, &response);
    }

    /// Answers with this status and keeps nothing of it, so that who only asks costs no memory (RFC 3261 §8.2.7). A
    /// repeat of the request is a new one.
    pub fn respond_and_forget(&mut self, tx: ServerTx, code: u16, to_tag: &str, more: Vec<Header>) {
        let Some(server) = self.servers.remove(&tx) else { return };
        self.by_request.remove(&server.key);
        self.deadlines.stop(Timer::ServerResend(tx));
        self.deadlines.stop(Timer::ServerEnd(tx));
        let Some(request) = &server.request else { return };
        let mut response = message::response_to(request, code, Some(to_tag));
        more.into_iter().for_each(|header| response.headers.push(header));
        if let Ok(bytes) = wire::write_response(&response) {
            self.transmits.push_back(Transmit { hop: server.hop, bytes });
        }
    }

    /// The request of a transaction that still wants its final response.
    pub fn request_of(&self, tx: ServerTx) -> Option<&Received> {
        self.servers.get(&tx)?.request.as_deref()
    }

    pub(super) fn request_came(&mut self, now: Mono, hop: Hop, request: Received) {
        let key = server_key(&request);
        if let Some(&tx) = self.by_request.get(&key) {
            self.serve(now, tx, Input::Repeat, None);
            return;
        }
        self.last_tx += 1;
        let tx = ServerTx(self.last_tx);
        let state = match key.kind {
            RequestKind::Invite => ServerState::Invite(Invite::Proceeding),
            RequestKind::Cancel | RequestKind::Other => ServerState::NonInvite(NonInvite::Trying),
        };
        let back = match hop.protocol() {
            Protocol::Udp => Hop { to: request.via.response_target(hop.to), ..hop },
            // §18.2.2: by its connection, and once that is gone by a new one to where it came from, at sent-by's port.
            // RFC 7118 §5.2: by its connection alone.
            Protocol::Ws | Protocol::Wss => hop,
            protocol @ (Protocol::Tcp | Protocol::Tls) => {
                let port = request.via.port.unwrap_or(protocol.default_port());
                Hop { to: SocketAddr::new(hop.to.ip(), port), ..hop }
            }
        };
        let kind = key.kind;
        let invite = ServerKey { kind: RequestKind::Invite, ..key.clone() };
        let key = Arc::new(key);
        self.by_request.insert(key.clone(), tx);
        let kept = Some(Box::new(request.clone()));
        let server = Server { state, key, hop: back, last: None, interval: T1, request: kept };
        self.servers.insert(tx, Box::new(server));
        match kind {
            RequestKind::Invite => {
                // §17.2.1 wants it within 200 ms, DESIGN §3 at once: it stops the caller's repeats.
                self.respond_plain(now, tx, 100, None, Vec::new());
                self.events.push_back(Event::Request { tx, hop, request: Box::new(request) });
            }
            RequestKind::Cancel => self.cancel_came(now, tx, &invite),
            RequestKind::Other => self.events.push_back(Event::Request { tx, hop, request: Box::new(request) }),
        }
    }

    /// RFC 3261 §9.2: 200 to the CANCEL whenever its INVITE is known; it has an effect only before the final response.
    fn cancel_came(&mut self, now: Mono, tx: ServerTx, invite: &ServerKey) {
        match self.by_request.get(invite).copied() {
            None => self.respond_plain(now, tx, 481, None, Vec::new()),
            Some(cancelled) => {
                self.respond_plain(now, tx, 200, None, Vec::new());
                let waiting = self
                    .servers
                    .get(&cancelled)
                    .is_some_and(|server| matches!(server.state, ServerState::Invite(Invite::Proceeding)));
                if waiting {
                    self.events.push_back(Event::Cancelled { tx: cancelled });
                }
            }
        }
    }

    pub(super) fn serve(&mut self, now: Mono, tx: ServerTx, input: Input, response: Option<Vec<u8>>) {
        let Some(server) = self.servers.get_mut(&tx) else { return };
        let acts = match &mut server.state {
            ServerState::Invite(state) => {
                let (next, acts) = state.on(input);
                *state = next;
                acts
            }
            ServerState::NonInvite(state) => {
                let (next, acts) = state.on(input);
                *state = next;
                acts
            }
        };
        let reliable = server.hop.protocol().is_stream();
        let mut response = response;
        for act in acts {
            match act {
                Act::Send => {
                    if let Some(bytes) = response.take() {
                        lead(&mut self.flows, &mut self.deadlines, now, &mut server.hop);
                        server.last = Some(bytes.as_slice().into());
                        self.transmits.push_back(Transmit { hop: server.hop, bytes });
                    }
                }
                Act::SendAgain => {
                    if let Some(last) = &server.last {
                        lead(&mut self.flows, &mut self.deadlines, now, &mut server.hop);
                        self.transmits.push_back(last.to(server.hop));
                    }
                }
                Act::AfterT1 if reliable => {}
                Act::AfterT1 => self.deadlines.set(Timer::ServerResend(tx), now + T1),
                Act::DoubleUpToT2 => {
                    server.interval = (server.interval * 2).min(T2);
                    self.deadlines.set(Timer::ServerResend(tx), now + server.interval);
                }
                Act::Quiet => self.deadlines.stop(Timer::ServerResend(tx)),
                Act::LingerFor(_) if reliable => self.deadlines.set(Timer::ServerEnd(tx), now),
                Act::EndAfter(wait) | Act::LingerFor(wait) => {
                    self.deadlines.set(Timer::ServerEnd(tx), now + *wait);
                }
                // Told by `ack_came`, which also knows the ACKs that come under a branch of their own.
                Act::TellAck => {}
            }
        }
        server.forget_what_is_never_sent_again();
        let over = matches!(
            server.state,
            ServerState::Invite(Invite::Terminated) | ServerState::NonInvite(NonInvite::Terminated)
        );
        if over && let Some(server) = self.servers.remove(&tx) {
            self.by_request.remove(&server.key);
            self.deadlines.stop(Timer::ServerResend(tx));
            self.deadlines.stop(Timer::ServerEnd(tx));
        }
    }
}

pub(super) fn server_key(message: &Received) -> ServerKey {
    let kind = match message.method() {
        Some(Method::Invite | Method::Ack) => RequestKind::Invite,
        Some(Method::Cancel) => RequestKind::Cancel,
        _ => RequestKind::Other,
    };
    let branch = match message.via.branch() {
        Some(branch) if branch.starts_with("z9hG4bK") && branch.len() > 7 => branch.to_owned(),
        // §17.2.3, RFC 2543: everything that tells one such request from another.
        _ => format!(
            "{}\n{}\n{}\n{}\n{}",
            message.call_id,
            message.from.tag().unwrap_or_default(),
            message.cseq.number,
            message.vias.first().map_or("", String::as_str),
            message.uri().map(ToString::to_string).unwrap_or_default(),
        ),
    };
    // A non-INVITE method with the branch of another method is another transaction only in name; CSeq tells them apart.
    let branch = match kind {
        RequestKind::Other => format!("{branch}\n{}", message.cseq.method),
        RequestKind::Invite | RequestKind::Cancel => branch,
    };
    ServerKey { branch, sent_by: (message.via.host.clone(), message.via.port), kind }
}
