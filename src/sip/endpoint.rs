//! The transaction layer as one machine: messages in, messages out, and events for the user of the transactions. It
//! carries out what the tables of [`super::transaction`] say, sends 100 to every INVITE at once, answers CANCEL, repeats
//! a 2xx until its ACK comes and an ACK whenever its 2xx comes again.

mod connection;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::chance::Chance;
use crate::now::Mono;

use super::flow::Flows;
use super::hop::{FlowId, Hop, Interfaces, Protocol};
use super::message::{self, Header, Method, Received, Response, Start};
use super::outgoing::Outgoing;
use super::transaction::timer::{Deadlines, T1, T1_64, T2};
use super::transaction::{client, server};
use super::via::Via;
use super::wire;

use connection::lead;

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
    clients: HashMap<ClientTx, Client>,
    /// How many of them are [`ClientUser::Proof`].
    proofs: usize,
    by_branch: HashMap<ClientKey, ClientTx>,
    servers: HashMap<ServerTx, Server>,
    by_request: HashMap<ServerKey, ServerTx>,
    /// 2xx that want their ACK, which comes in a transaction of its own.
    unacked: HashMap<ServerTx, Unacked>,
    by_ack: HashMap<AckKey, ServerTx>,
    deadlines: Deadlines<Timer>,
    events: VecDeque<Event>,
    transmits: VecDeque<Transmit>,
    last_tx: u64,
}

#[derive(Debug)]
struct Client {
    state: ClientState,
    request: Outgoing,
    via: Via,
    hop: Hop,
    bytes: Vec<u8>,
    interval: Duration,
    user: ClientUser,
    /// ACKs of 2xx already sent, by the To tag they answer; each is sent again when its 2xx comes again.
    acks: Vec<(String, Transmit)>,
    /// The Reasons of a CANCEL that waits for a provisional response (RFC 3261 §9.1).
    cancel: Option<Vec<Header>>,
}

#[derive(Clone, Copy, Debug)]
enum ClientState {
    Invite(client::Invite),
    NonInvite(client::NonInvite),
}

/// Who hears of the responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientUser {
    Events,
    /// The same, of a question whether the other side is there.
    Proof,
    /// Our own CANCELs: the INVITE's final response is what counts.
    Nobody,
}

/// RFC 3261 §17.1.3: the branch, and whether it is the CANCEL that shares it with its INVITE.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ClientKey {
    branch: String,
    cancel: bool,
}

#[derive(Debug)]
struct Server {
    state: ServerState,
    key: ServerKey,
    /// Where responses go (RFC 3261 §18.2.2, RFC 3581 §4).
    hop: Hop,
    last: Option<Vec<u8>>,
    interval: Duration,
    request: Box<Received>,
}

#[derive(Clone, Copy, Debug)]
enum ServerState {
    Invite(server::Invite),
    NonInvite(server::NonInvite),
}

/// RFC 3261 §17.2.3. A request without the magic cookie is matched by what RFC 2543 had, joined into `branch`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ServerKey {
    branch: String,
    sent_by: (String, Option<u16>),
    kind: RequestKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum RequestKind {
    Invite,
    Cancel,
    Other,
}

/// What an ACK has in common with the 2xx it answers (RFC 3261 §13.2.2.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct AckKey {
    call_id: String,
    local_tag: String,
    cseq: u32,
}

#[derive(Debug)]
struct Unacked {
    key: AckKey,
    again: Transmit,
    interval: Duration,
    acknowledged: bool,
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
        self.last_tx += 1;
        let tx = ClientTx(self.last_tx);
        let bytes = wire::write_request(&invite.under(&via)).unwrap_or_default();
        let state = ClientState::Invite(client::Invite::Proceeding);
        let (request, user) = (invite, ClientUser::Events);
        self.keep_client(
            tx,
            Client { state, request, via, hop, bytes, interval: T1, user, acks: Vec::new(), cancel: None },
        );
        tx
    }

    /// The same for a question whether the other side is there: it comes and goes while nothing happens, and so is not
    /// counted among the transactions.
    pub fn ask(&mut self, now: Mono, mut hop: Hop, request: Outgoing) -> ClientTx {
        lead(&mut self.flows, &mut self.deadlines, now, &mut hop);
        let via = self.via(&hop);
        self.start_client(now, hop, request, via, ClientUser::Proof)
    }

    /// Sends an empty line, which is no message (RFC 5626 §3.5.1): the router on the way keeps the way back open.
    pub fn keep_alive(&mut self, hop: Hop) {
        self.transmits.push_back(Transmit { hop, bytes: b"\r\n\r\n".to_vec() });
    }

    /// Cancels an INVITE of ours: now if a provisional response has come, on its arrival otherwise, and not at all when
    /// the final response is here already (RFC 3261 §9.1).
    pub fn cancel(&mut self, now: Mono, tx: ClientTx, reasons: Vec<Header>) {
        let Some(client) = self.clients.get_mut(&tx) else { return };
        match client.state {
            ClientState::Invite(client::Invite::Calling) => client.cancel = Some(reasons),
            ClientState::Invite(client::Invite::Proceeding) => {
                let (hop, via, cancel) = (client.hop, client.via.clone(), client.request.cancel(reasons));
                self.start_client(now, hop, cancel, via, ClientUser::Nobody);
                self.deadlines.set(Timer::ClientEnd(tx), now + T1_64);
            }
            ClientState::Invite(client::Invite::Completed | client::Invite::Accepted | client::Invite::Terminated)
            | ClientState::NonInvite(_) => {}
        }
    }

    /// Acknowledges the 2xx with this To tag of an INVITE of ours (RFC 3261 §13.2.2.4), now and whenever it comes again.
    pub fn ack(&mut self, now: Mono, tx: ClientTx, to_tag: String, mut hop: Hop, ack: &Outgoing) {
        lead(&mut self.flows, &mut self.deadlines, now, &mut hop);
        let via = self.via(&hop);
        let Ok(bytes) = wire::write_request(&ack.under(&via)) else { return };
        let transmit = Transmit { hop, bytes };
        self.transmits.push_back(transmit.clone());
        if let Some(client) = self.clients.get_mut(&tx) {
            client.acks.push((to_tag, transmit));
        }
    }

    /// Answers a request: any response but the 2xx of an INVITE.
    pub fn respond(&mut self, now: Mono, tx: ServerTx, response: &Response) {
        let code = response.status_code.code();
        let input = match code {
            0..=199 => server::Input::Provisional,
            200..=299 => server::Input::Success,
            _ => server::Input::Failure,
        };
        let Ok(bytes) = wire::write_response(response) else { return };
        self.serve(now, tx, input, Some(bytes));
    }

    /// Answers with a status and nothing else.
    pub fn respond_plain(&mut self, now: Mono, tx: ServerTx, code: u16, to_tag: Option<&str>, more: Vec<Header>) {
        let Some(server) = self.servers.get(&tx) else { return };
        let mut response = message::response_to(&server.request, code, to_tag);
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
        let mut response = message::response_to(&server.request, code, Some(to_tag));
        more.into_iter().for_each(|header| response.headers.push(header));
        if let Ok(bytes) = wire::write_response(&response) {
            self.transmits.push_back(Transmit { hop: server.hop, bytes });
        }
    }

    /// The request of a transaction that still lives.
    pub fn request_of(&self, tx: ServerTx) -> Option<&Received> {
        self.servers.get(&tx).map(|server| server.request.as_ref())
    }

    /// Accepts an INVITE: the 2xx is repeated until its ACK comes.
    pub fn accept(&mut self, now: Mono, tx: ServerTx, response: &Response, local_tag: &str) {
        let Ok(bytes) = wire::write_response(response) else { return };
        let Some(server) = self.servers.get(&tx) else { return };
        let key = AckKey {
            call_id: server.request.call_id.clone(),
            local_tag: local_tag.to_owned(),
            cseq: server.request.cseq.number,
        };
        self.serve(now, tx, server::Input::Success, Some(bytes.clone()));
        let Some(hop) = self.servers.get(&tx).map(|server| server.hop) else { return };
        let again = Transmit { hop, bytes };
        self.by_ack.insert(key.clone(), tx);
        self.unacked.insert(tx, Unacked { key, again, interval: T1, acknowledged: false });
        self.deadlines.set(Timer::AcceptedResend(tx), now + T1);
        self.deadlines.set(Timer::AcceptedEnd(tx), now + T1_64);
    }

    /// The other side has shown by other means that our 2xx arrived.
    pub fn stop_repeating(&mut self, tx: ServerTx) {
        if let Some(unacked) = self.unacked.get_mut(&tx) {
            unacked.acknowledged = true;
            self.deadlines.stop(Timer::AcceptedResend(tx));
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(timer) = self.deadlines.pop_due(now) {
            match timer {
                Timer::ClientResend(tx) => self.drive_client(now, tx, client::Input::Resend, None),
                Timer::ClientEnd(tx) => self.drive_client(now, tx, client::Input::End, None),
                Timer::ServerResend(tx) => self.serve(now, tx, server::Input::Resend, None),
                Timer::ServerEnd(tx) => self.serve(now, tx, server::Input::End, None),
                Timer::FlowIdle(flow) => {
                    let clients = self.clients.values().map(|client| client.hop);
                    let servers = self.servers.values().map(|server| server.hop);
                    if clients.chain(servers).any(|hop| hop.flow() == Some(flow)) {
                        self.keep_flow(now, flow);
                    } else {
                        self.events.push_back(Event::Idle { flow });
                    }
                }
                Timer::AcceptedResend(tx) => {
                    if let Some(unacked) = self.unacked.get_mut(&tx) {
                        unacked.interval = (unacked.interval * 2).min(T2);
                        lead(&mut self.flows, &mut self.deadlines, now, &mut unacked.again.hop);
                        self.transmits.push_back(unacked.again.clone());
                        self.deadlines.set(timer, now + unacked.interval);
                    }
                }
                Timer::AcceptedEnd(tx) => {
                    self.deadlines.stop(Timer::AcceptedResend(tx));
                    if let Some(unacked) = self.unacked.remove(&tx) {
                        self.by_ack.remove(&unacked.key);
                        if !unacked.acknowledged {
                            self.events.push_back(Event::NeverAcked { tx });
                        }
                    }
                }
            }
        }
    }

    fn forget_client(&mut self, tx: ClientTx) {
        let Some(client) = self.clients.remove(&tx) else { return };
        if client.user == ClientUser::Proof {
            self.proofs -= 1;
        }
        let branch = client.via.branch().unwrap_or_default().to_owned();
        self.by_branch.remove(&ClientKey { branch, cancel: client.request.method == Method::Cancel });
        self.deadlines.stop(Timer::ClientResend(tx));
        self.deadlines.stop(Timer::ClientEnd(tx));
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

    fn keep_client(&mut self, tx: ClientTx, client: Client) {
        let branch = client.via.branch().unwrap_or_default().to_owned();
        self.by_branch.insert(ClientKey { branch, cancel: client.request.method == Method::Cancel }, tx);
        self.clients.insert(tx, client);
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
            Method::Invite => ClientState::Invite(client::Invite::Calling),
            _ => ClientState::NonInvite(client::NonInvite::Trying),
        };
        self.transmits.push_back(Transmit { hop, bytes: bytes.clone() });
        self.keep_client(
            tx,
            Client { state, request, via, hop, bytes, interval: T1, user, acks: Vec::new(), cancel: None },
        );
        if user == ClientUser::Proof {
            self.proofs += 1;
        }
        if hop.protocol() == Protocol::Udp {
            self.deadlines.set(Timer::ClientResend(tx), now + T1);
        }
        self.deadlines.set(Timer::ClientEnd(tx), now + T1_64);
        tx
    }

    fn response(&mut self, now: Mono, hop: Hop, code: u16, message: Received) {
        let Some(&tx) = self.by_branch.get(&client_key(&message)) else { return };
        let Some(client) = self.clients.get(&tx) else { return };
        if client.request.method != message.cseq.method {
            return;
        }
        let input = match code {
            0..=199 => client::Input::Provisional,
            200..=299 => client::Input::Success,
            _ => client::Input::Failure,
        };
        self.drive_client(now, tx, input, Some((hop, message)));
    }

    fn drive_client(&mut self, now: Mono, tx: ClientTx, input: client::Input, mut told: Option<(Hop, Received)>) {
        let Some(client) = self.clients.get_mut(&tx) else { return };
        let reliable = client.hop.protocol().is_stream();
        let unheard = matches!(
            client.state,
            ClientState::Invite(client::Invite::Calling) | ClientState::NonInvite(client::NonInvite::Trying)
        );
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
                client::Act::Send => {
                    self.transmits.push_back(Transmit { hop: client.hop, bytes: client.bytes.clone() });
                }
                client::Act::Double | client::Act::DoubleUpToT2 => {
                    client.interval *= 2;
                    if *act == client::Act::DoubleUpToT2 {
                        client.interval = client.interval.min(T2);
                    }
                    self.deadlines.set(Timer::ClientResend(tx), now + client.interval);
                }
                client::Act::EveryT2 if reliable => {}
                client::Act::EveryT2 => self.deadlines.set(Timer::ClientResend(tx), now + T2),
                client::Act::Quiet => self.deadlines.stop(Timer::ClientResend(tx)),
                client::Act::LingerFor(_) if reliable => self.deadlines.set(Timer::ClientEnd(tx), now),
                client::Act::EndAfter(wait) | client::Act::LingerFor(wait) => {
                    self.deadlines.set(Timer::ClientEnd(tx), now + *wait);
                }
                client::Act::Endless => self.deadlines.stop(Timer::ClientEnd(tx)),
                client::Act::Ack => {
                    if let Some((_, response)) = &told {
                        let ack = client.request.ack_of_failure(&response.to).under(&client.via);
                        if let Ok(bytes) = wire::write_request(&ack) {
                            self.transmits.push_back(Transmit { hop: client.hop, bytes });
                        }
                    }
                }
                client::Act::Tell => {
                    let Some((hop, response)) = told.take() else { continue };
                    if client.user == ClientUser::Nobody || response.code() == Some(100) {
                        continue;
                    }
                    let again = client.acks.iter().find(|(tag, _)| Some(tag.as_str()) == response.to.tag());
                    match again {
                        Some((_, ack)) => self.transmits.push_back(ack.clone()),
                        None => self.events.push_back(Event::Response { tx, hop, response: Box::new(response) }),
                    }
                }
                client::Act::TimedOut => {
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
        if input == client::Input::Provisional
            && let Some(reasons) = client.cancel.take()
        {
            self.cancel(now, tx, reasons);
            return;
        }
        let over = matches!(
            client.state,
            ClientState::Invite(client::Invite::Terminated) | ClientState::NonInvite(client::NonInvite::Terminated)
        );
        if over {
            self.forget_client(tx);
        }
    }

    fn request_came(&mut self, now: Mono, hop: Hop, request: Received) {
        let key = server_key(&request);
        if let Some(&tx) = self.by_request.get(&key) {
            self.serve(now, tx, server::Input::Repeat, None);
            return;
        }
        self.last_tx += 1;
        let tx = ServerTx(self.last_tx);
        let state = match key.kind {
            RequestKind::Invite => ServerState::Invite(server::Invite::Proceeding),
            RequestKind::Cancel | RequestKind::Other => ServerState::NonInvite(server::NonInvite::Trying),
        };
        let back = match hop.protocol() {
            Protocol::Udp => Hop { to: request.via.response_target(hop.to), ..hop },
            // §18.2.2: by its connection, and once that is gone by a new one to where it came from, at sent-by's port.
            protocol @ (Protocol::Tcp | Protocol::Tls) => {
                let port = request.via.port.unwrap_or(protocol.default_port());
                Hop { to: SocketAddr::new(hop.to.ip(), port), ..hop }
            }
        };
        let kind = key.kind;
        let invite = ServerKey { kind: RequestKind::Invite, ..key.clone() };
        self.by_request.insert(key.clone(), tx);
        let server = Server { state, key, hop: back, last: None, interval: T1, request: Box::new(request.clone()) };
        self.servers.insert(tx, server);
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
                    .is_some_and(|server| matches!(server.state, ServerState::Invite(server::Invite::Proceeding)));
                if waiting {
                    self.events.push_back(Event::Cancelled { tx: cancelled });
                }
            }
        }
    }

    fn ack_came(&mut self, now: Mono, ack: Received) {
        let invite = ServerKey { kind: RequestKind::Invite, ..server_key(&ack) };
        if let Some(&tx) = self.by_request.get(&invite) {
            self.serve(now, tx, server::Input::Ack, None);
        }
        if let Some(tx) = self.find_unacked(&ack)
            && let Some(unacked) = self.unacked.get_mut(&tx)
            && !unacked.acknowledged
        {
            // The entry stays until its end timer, so that a repeated ACK still counts as known.
            unacked.acknowledged = true;
            self.deadlines.stop(Timer::AcceptedResend(tx));
            self.events.push_back(Event::Acked { tx, ack: Box::new(ack) });
        }
    }

    fn find_unacked(&self, ack: &Received) -> Option<ServerTx> {
        let local_tag = ack.to.tag()?.to_owned();
        let key = AckKey { call_id: ack.call_id.clone(), local_tag, cseq: ack.cseq.number };
        self.by_ack.get(&key).copied()
    }

    fn serve(&mut self, now: Mono, tx: ServerTx, input: server::Input, response: Option<Vec<u8>>) {
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
                server::Act::Send => {
                    if let Some(bytes) = response.take() {
                        lead(&mut self.flows, &mut self.deadlines, now, &mut server.hop);
                        self.transmits.push_back(Transmit { hop: server.hop, bytes: bytes.clone() });
                        server.last = Some(bytes);
                    }
                }
                server::Act::SendAgain => {
                    if let Some(bytes) = &server.last {
                        lead(&mut self.flows, &mut self.deadlines, now, &mut server.hop);
                        self.transmits.push_back(Transmit { hop: server.hop, bytes: bytes.clone() });
                    }
                }
                server::Act::AfterT1 if reliable => {}
                server::Act::AfterT1 => self.deadlines.set(Timer::ServerResend(tx), now + T1),
                server::Act::DoubleUpToT2 => {
                    server.interval = (server.interval * 2).min(T2);
                    self.deadlines.set(Timer::ServerResend(tx), now + server.interval);
                }
                server::Act::Quiet => self.deadlines.stop(Timer::ServerResend(tx)),
                server::Act::LingerFor(_) if reliable => self.deadlines.set(Timer::ServerEnd(tx), now),
                server::Act::EndAfter(wait) | server::Act::LingerFor(wait) => {
                    self.deadlines.set(Timer::ServerEnd(tx), now + *wait);
                }
                // Told by `ack_came`, which also knows the ACKs that come under a branch of their own.
                server::Act::TellAck => {}
            }
        }
        let over = matches!(
            server.state,
            ServerState::Invite(server::Invite::Terminated) | ServerState::NonInvite(server::NonInvite::Terminated)
        );
        if over && let Some(server) = self.servers.remove(&tx) {
            self.by_request.remove(&server.key);
            self.deadlines.stop(Timer::ServerResend(tx));
            self.deadlines.stop(Timer::ServerEnd(tx));
        }
    }
}

fn client_key(message: &Received) -> ClientKey {
    ClientKey {
        branch: message.via.branch().unwrap_or_default().to_owned(),
        cancel: message.cseq.method == Method::Cancel,
    }
}

fn server_key(message: &Received) -> ServerKey {
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
