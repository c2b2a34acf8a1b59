//! Requests of ours: what a client transaction keeps, and what its table's acts do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::now::Mono;

use super::super::hop::{Hop, Protocol};
use super::super::message::{Header, Method, Received};
use super::super::outgoing::Outgoing;
use super::super::transaction::client::{Act, Input, Invite, NonInvite};
use super::super::transaction::timer::{T1, T1_64, T2};
use super::super::via::Via;
use super::super::wire;
use super::again::Again;
use super::connection::lead;
use super::{ClientTx, Endpoint, Event, Timer, Transmit};

/// Most of them are over and linger for 64·T1, so each is as small as its state allows.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) state: ClientState,
    pub(super) key: Arc<ClientKey>,
    pub(super) method: Method,
    pub(super) hop: Hop,
    pub(super) interval: Duration,
    pub(super) user: ClientUser,
    pub(super) kept: Kept,
}

/// What a client transaction may still have to send.
#[derive(Debug)]
pub(super) enum Kept {
    /// An INVITE without a final response.
    Invite(Box<Invited>),
    /// Any other request without a final response: its bytes, where the transport may lose them.
    Request(Again),
    /// The ACK of a failure, again whenever that comes again (RFC 3261 §17.1.1.2).
    Ack(Again),
    /// ACKs of 2xx already sent; each is sent again when its 2xx comes again.
    Acks(Vec<Acked>),
    Nothing,
}

/// The ACK of a 2xx.
#[derive(Debug)]
pub(super) struct Acked {
    to_tag: String,
    hop: Hop,
    bytes: Again,
}

#[derive(Debug)]
pub(super) struct Invited {
    /// What its CANCEL and the ACK of a failure are made of: the INVITE without its body and what it alone has.
    head: Outgoing,
    via: Via,
    /// The whole, until it has been heard; nothing where the transport loses nothing.
    bytes: Again,
    /// The Reasons of a CANCEL that waits for a provisional response (RFC 3261 §9.1).
    cancel: Option<Vec<Header>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum ClientState {
    Invite(Invite),
    NonInvite(NonInvite),
}

/// Who hears of the responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientUser {
    Events,
    /// The same, of a question whether the other side is there.
    Proof,
    /// Our own CANCELs: the INVITE's final response is what counts.
    Nobody,
}

/// RFC 3261 §17.1.3: the branch, and whether it is the CANCEL that shares it with its INVITE.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientKey {
    pub(super) branch: Box<str>,
    pub(super) cancel: bool,
}

impl Client {
    fn new(state: ClientState, request: Outgoing, via: Via, hop: Hop, bytes: Again, user: ClientUser) -> Client {
        let method = request.method;
        let branch = via.branch().unwrap_or_default().into();
        let key = Arc::new(ClientKey { branch, cancel: method == Method::Cancel });
        let kept = match state {
            ClientState::Invite(_) => {
                let head = Outgoing { more: Vec::new(), body: None, ..request };
                Kept::Invite(Box::new(Invited { head, via, bytes, cancel: None }))
            }
            ClientState::NonInvite(_) => Kept::Request(bytes),
        };
        Client { state, key, method, hop, interval: T1, user, kept }
    }

    fn forget_what_is_never_sent_again(&mut self) {
        match (self.state, &mut self.kept) {
            // Nothing repeats an INVITE that was heard.
            (ClientState::Invite(Invite::Proceeding), Kept::Invite(invited)) => invited.bytes = Again::default(),
            (ClientState::Invite(Invite::Accepted), Kept::Invite(_)) => self.kept = Kept::Acks(Vec::new()),
            (ClientState::NonInvite(NonInvite::Completed), _) => self.kept = Kept::Nothing,
            (ClientState::Invite(_) | ClientState::NonInvite(_), _) => {}
        }
    }
}

impl Endpoint {
    /// Sends a request in a transaction of its own.
    pub fn request(&mut self, now: Mono, mut hop: Hop, request: Outgoing) -> ClientTx {
        lead(&mut self.flows, &mut self.deadlines, now, &mut hop);
        let via = self.via(&hop);
        self.start_client(now, hop, request, via, ClientUser::Events)
    }

    /// The same for an INVITE under a branch that its sender has chosen: one that nobody else has, or can guess.
    pub fn invite(&mut self, now: Mono, mut hop: Hop, invite: Outgoing, branch: String) -> ClientTx {
        lead(&mut self.flows, &mut self.deadlines, now, &mut hop);
        let via = self.via_under(&hop, branch);
        self.start_client(now, hop, invite, via, ClientUser::Events)
    }

    /// Takes up an INVITE that was sent before this process began, and has been answered provisionally.
    pub fn take_up(&mut self, now: Mono, mut hop: Hop, invite: Outgoing, branch: String) -> ClientTx {
        lead(&mut self.flows, &mut self.deadlines, now, &mut hop);
        let via = self.via_under(&hop, branch);
        let state = ClientState::Invite(Invite::Proceeding);
        self.last_tx += 1;
        let tx = ClientTx(self.last_tx);
        self.keep_client(tx, Client::new(state, invite, via, hop, Again::default(), ClientUser::Events));
        tx
    }

    /// The same for a question whether the other side is there: it comes and goes while nothing happens, and so is not
    /// counted among the transactions.
    pub fn ask(&mut self, now: Mono, mut hop: Hop, request: Outgoing) -> ClientTx {
        lead(&mut self.flows, &mut self.deadlines, now, &mut hop);
        let via = self.via(&hop);
        self.start_client(now, hop, request, via, ClientUser::Proof)
    }

    /// Cancels an INVITE of ours: now if a provisional response has come, on its arrival otherwise, and not at all when
    /// the final response is here already (RFC 3261 §9.1).
    pub fn cancel(&mut self, now: Mono, tx: ClientTx, reasons: Vec<Header>) {
        let Some(client) = self.clients.get_mut(&tx) else { return };
        let Kept::Invite(invited) = &mut client.kept else { return };
        match client.state {
            ClientState::Invite(Invite::Calling) => invited.cancel = Some(reasons),
            ClientState::Invite(Invite::Proceeding) => {
                let (hop, via, cancel) = (client.hop, invited.via.clone(), invited.head.cancel(reasons));
                self.start_client(now, hop, cancel, via, ClientUser::Nobody);
                self.deadlines.set(Timer::ClientEnd(tx), now + T1_64);
            }
            ClientState::Invite(Invite::Completed | Invite::Accepted | Invite::Terminated)
            | ClientState::NonInvite(_) => {}
        }
    }

    /// Acknowledges the 2xx with this To tag of an INVITE of ours (RFC 3261 §13.2.2.4), now and whenever it comes again.
    pub fn ack(&mut self, now: Mono, tx: ClientTx, to_tag: String, mut hop: Hop, ack: &Outgoing) {
        lead(&mut self.flows, &mut self.deadlines, now, &mut hop);
        let via = self.via(&hop);
        let Ok(bytes) = wire::write_request(&ack.under(&via)) else { return };
        if let Some(client) = self.clients.get_mut(&tx)
            && let Kept::Acks(acks) = &mut client.kept
        {
            // Seldom more than one.
            acks.reserve_exact(1);
            acks.push(Acked { to_tag, hop, bytes: bytes.as_slice().into() });
        }
        self.transmits.push_back(Transmit { hop, bytes });
    }

    pub(super) fn response(&mut self, now: Mono, hop: Hop, code: u16, message: Received) {
        let Some(&tx) = self.by_branch.get(&client_key(&message)) else { return };
        let Some(client) = self.clients.get(&tx) else { return };
        if client.method != message.cseq.method {
            return;
        }
        let input = match code {
            0..=199 => Input::Provisional,
            200..=299 => Input::Success,
            _ => Input::Failure,
        };
        self.drive_client(now, tx, input, Some((hop, message)));
    }

    pub(super) fn drive_client(&mut self, now: Mono, tx: ClientTx, input: Input, mut told: Option<(Hop, Received)>) {
        let Some(client) = self.clients.get_mut(&tx) else { return };
        let reliable = client.hop.protocol().is_stream();
        let unheard =
            matches!(client.state, ClientState::Invite(Invite::Calling) | ClientState::NonInvite(NonInvite::Trying));
        let acts = match &mut client.state {
            ClientState::Invite(state) => {
                let (next, acts) = state.on(input);
                *state = next;
                acts
            }
            ClientState::NonInvite(state) => {
                let (next, acts) = state.on(input);
                *state = next;
                acts
            }
        };
        for act in acts {
            match act {
                Act::Send => {
                    let bytes = match &client.kept {
                        Kept::Invite(invited) => &invited.bytes,
                        Kept::Request(bytes) => bytes,
                        Kept::Ack(_) | Kept::Acks(_) | Kept::Nothing => continue,
                    };
                    self.transmits.push_back(bytes.to(client.hop));
                }
                Act::Double | Act::DoubleUpToT2 => {
                    client.interval *= 2;
                    if *act == Act::DoubleUpToT2 {
                        client.interval = client.interval.min(T2);
                    }
                    self.deadlines.set(Timer::ClientResend(tx), now + client.interval);
                }
                Act::EveryT2 if reliable => {}
                Act::EveryT2 => self.deadlines.set(Timer::ClientResend(tx), now + T2),
                Act::Quiet => self.deadlines.stop(Timer::ClientResend(tx)),
                Act::LingerFor(_) if reliable => self.deadlines.set(Timer::ClientEnd(tx), now),
                Act::EndAfter(wait) | Act::LingerFor(wait) => {
                    self.deadlines.set(Timer::ClientEnd(tx), now + *wait);
                }
                Act::Endless => self.deadlines.stop(Timer::ClientEnd(tx)),
                Act::Ack => {
                    if let (Kept::Invite(invited), Some((_, response))) = (&client.kept, &told) {
                        let ack = invited.head.ack_of_failure(&response.to).under(&invited.via);
                        client.kept = Kept::Ack(wire::write_request(&ack).unwrap_or_default().as_slice().into());
                    }
                    if let Kept::Ack(ack) = &client.kept
                        && !ack.is_empty()
                    {
                        self.transmits.push_back(ack.to(client.hop));
                    }
                }
                Act::Tell => {
                    let Some((hop, response)) = told.take() else { continue };
                    if client.user == ClientUser::Nobody || response.code() == Some(100) {
                        continue;
                    }
                    let acks = if let Kept::Acks(acks) = &client.kept { acks.as_slice() } else { &[] };
                    let again = acks.iter().find(|acked| Some(acked.to_tag.as_str()) == response.to.tag());
                    match again {
                        Some(acked) => self.transmits.push_back(acked.bytes.to(acked.hop)),
                        None => self.events.push_back(Event::Response { tx, hop, response: Box::new(response) }),
                    }
                }
                Act::TimedOut => {
                    // A connection that carries nothing back is dead, though nobody has told us: the next request is to
                    // have a new one. That a CANCEL is not answered says nothing: there may have been nothing to cancel.
                    let unheard = unheard && client.user != ClientUser::Nobody;
                    if let (true, Some(flow)) = (unheard, client.hop.flow()) {
                        self.flows.close(flow);
                    }
                    if client.user != ClientUser::Nobody {
                        self.events.push_back(Event::TimedOut { tx });
                    }
                }
            }
        }
        client.forget_what_is_never_sent_again();
        if input == Input::Provisional
            && let Kept::Invite(invited) = &mut client.kept
            && let Some(reasons) = invited.cancel.take()
        {
            self.cancel(now, tx, reasons);
            return;
        }
        let over = matches!(
            client.state,
            ClientState::Invite(Invite::Terminated) | ClientState::NonInvite(NonInvite::Terminated)
        );
        if over {
            self.forget_client(tx);
        }
    }

    pub(super) fn forget_client(&mut self, tx: ClientTx) {
        let Some(client) = self.clients.remove(&tx) else { return };
        if client.user == ClientUser::Proof {
            self.proofs -= 1;
        }
        self.by_branch.remove(&client.key);
        self.deadlines.stop(Timer::ClientResend(tx));
        self.deadlines.stop(Timer::ClientEnd(tx));
    }

    fn start_client(&mut self, now: Mono, hop: Hop, request: Outgoing, via: Via, user: ClientUser) -> ClientTx {
        self.last_tx += 1;
        let tx = ClientTx(self.last_tx);
        let Ok(bytes) = wire::write_request(&request.under(&via)) else {
            // A header of ours that cannot be written is a bug; its call must end all the same.
            self.events.push_back(Event::TimedOut { tx });
            return tx;
        };
        let state = match request.method {
            Method::Invite => ClientState::Invite(Invite::Calling),
            _ => ClientState::NonInvite(NonInvite::Trying),
        };
        let again = if hop.protocol().is_stream() { Again::default() } else { bytes.as_slice().into() };
        self.transmits.push_back(Transmit { hop, bytes });
        self.keep_client(tx, Client::new(state, request, via, hop, again, user));
        if user == ClientUser::Proof {
            self.proofs += 1;
        }
        if hop.protocol() == Protocol::Udp {
            self.deadlines.set(Timer::ClientResend(tx), now + T1);
        }
        self.deadlines.set(Timer::ClientEnd(tx), now + T1_64);
        tx
    }

    fn keep_client(&mut self, tx: ClientTx, client: Client) {
        self.by_branch.insert(client.key.clone(), tx);
        self.clients.insert(tx, Box::new(client));
    }

    /// Our Via towards this hop, with a fresh branch, and over UDP with `rport` (RFC 3581 §3).
    fn via(&mut self, hop: &Hop) -> Via {
        let branch = self.chance.branch();
        self.via_under(hop, branch)
    }

    fn via_under(&self, hop: &Hop, branch: String) -> Via {
        let sent_by: SocketAddr = self.interfaces.sent_by(hop);
        let mut params = vec![("branch".to_owned(), Some(branch))];
        if hop.protocol() == Protocol::Udp {
            params.push(("rport".to_owned(), None));
        }
        Via {
            transport: hop.protocol().name().to_owned(),
            host: sent_by.ip().to_string(),
            port: Some(sent_by.port()),
            params,
        }
    }
}

pub(super) fn client_key(message: &Received) -> ClientKey {
    ClientKey { branch: message.via.branch().unwrap_or_default().into(), cancel: message.cseq.method == Method::Cancel }
}
