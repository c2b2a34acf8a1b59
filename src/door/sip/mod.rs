//! The SIP door: the caller's INVITE becomes a call, the call's wishes become requests and responses, SDP and media
//! commands. It knows SIP and calls, and decides nothing.
//!
//! [`legs`]: a call's two sides. [`events`]: what was heard, and who it is for. [`told`]: what the switchboard hears of it.
//! [`offer`]: a caller's INVITE. [`fork`]: the INVITEs to the phones. [`bridge`]: the conversation of the two.
//! [`referring`]: a phone gives its call to another. [`attended`]: the same once it has asked them. [`taking`]: a phone
//! dials for a call that waits; [`unproved`]: one that has to show first that it is there. [`cells`]: phones behind a
//! carrier. [`dialled`]: whoever a phone of the shop calls behind one; [`lines`]: the carriers that such calls go by;
//! [`identity`]: who they are told is calling. [`lifting`]: a phone that is rung so that it calls somebody.
//! [`presence`]: whether both are still there. [`timers`]: for how long they are believed to be.
//! [`reliable`]: what must arrive before that.
//! [`place`]: where phones are rung. [`registrations`]: where they have registered. [`subscriptions`]: what they want to
//! hear of. [`trunks`]: the carriers that we register with. [`reach`]: the others. [`purses`]: who may make us read how
//! much.

mod abilities;
mod attended;
mod bridge;
mod cells;
mod dialled;
mod dialogs;
mod events;
mod fork;
mod identity;
mod left_ringing;
mod legs;
mod lifting;
mod lines;
mod loops;
mod machine;
mod names;
mod offer;
mod place;
mod presence;
mod proofs;
mod purses;
mod reach;
mod reason;
mod referring;
mod registrations;
mod reliable;
mod subscriptions;
mod taking;
mod timers;
mod told;
mod trunks;
mod unproved;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::call::event::{Input, Output};
use crate::call::leg::{BindingId, LegId};
use crate::call::record::CallId;
use crate::chance::Chance;
use crate::config::{Srtp, Trunk};
use crate::media::{self, Ports, RelayId};
use crate::now::Now;
use crate::sip::dialog::DialogKey;
use crate::sip::endpoint::{ClientTx, Endpoint, ServerTx, Transmit};
use crate::sip::flow;
use crate::sip::gate::{Acquaintances, Carrier, Gate, Source};
use crate::sip::hop::{FlowId, Hop, Interfaces, Protocol};
use crate::sip::message::{Header, Method, Received};
use crate::sip::uri::{Scheme, Uri};

use super::token::{Token, Tokens};
use legs::{Acked, Audio, Begun, CallerLeg, CallerState, Conversation, Far, PhoneLeg, PhoneState};
use place::reached_at;

pub use attended::{Joint, NotJoined, Wish};
pub use legs::{Party, Shown};
pub use lines::Takes;
pub use offer::{Arrival, Calling, Origin};
pub use place::{Place, Way};
pub use registrations::{Registered, RegistrationSettings, User};
pub use subscriptions::{InCall, News, Stage, Subscribing, Watched};
pub use told::Told;
pub use unproved::Answered;

/// See the module.
#[derive(Debug)]
pub struct SipDoor {
    endpoint: Endpoint,
    gate: Gate,
    acquaintances: Arc<Acquaintances>,
    purses: purses::Purses,
    /// Messages of strangers that got no answer and were not counted yet.
    unheard: u64,
    registrations: registrations::Registrations,
    proofs: proofs::Proofs,
    trunks: trunks::Trunks,
    reach: reach::Reach,
    chance: Chance,
    srtp: Srtp,
    ports: Ports,
    places: HashMap<BindingId, Place>,
    names: names::Names,
    tokens: Tokens,
    left_ringing: left_ringing::LeftRinging,
    callers: HashMap<CallId, CallerLeg>,
    /// Where phones were rung for callers who were here, and may come again.
    rung_before: HashMap<CallId, Vec<(Uri, IpAddr)>>,
    phones: HashMap<LegId, PhoneLeg>,
    /// The INVITEs of callers that live.
    invites: HashMap<ServerTx, CallId>,
    /// The same by what makes them one call: Call-ID, From tag and CSeq number (RFC 3261 §8.2.2.2).
    keys: HashMap<String, CallId>,
    forks: HashMap<ClientTx, LegId>,
    /// Phones that want a call, and those that have dialled for theirs.
    dialling: HashMap<CallId, taking::Dialling>,
    takers: HashMap<ServerTx, LegId>,
    unproved: unproved::Unproved,
    referrals: referring::Referrals,
    subscriptions: subscriptions::Subscriptions,
    byes: HashMap<ClientTx, LegId>,
    dialogs: HashMap<DialogKey, Party>,
    /// Re-INVITEs that were answered, and what their ACK is for.
    awaited: HashMap<ServerTx, dialogs::Awaited>,
    presence: presence::Presence,
    timers: timers::Timers,
    reliable: reliable::Reliable,
    /// Whose sound each relay carries.
    relays: HashMap<RelayId, CallId>,
    told: VecDeque<Told>,
    cells: cells::Cells,
    /// The carriers, in the order of the configuration, as calls go out by them.
    lines: Vec<lines::Line>,
    media: VecDeque<media::Command>,
    last_relay: u32,
}

/// By which kind of URI a request calls us.
fn scheme_called(request: &Received) -> Scheme {
    request.uri().map_or(Scheme::Sip, |uri| uri.scheme)
}

impl SipDoor {
    pub fn new(
        interfaces: Interfaces,
        trunks: Vec<Trunk>,
        registrations: RegistrationSettings,
        srtp: Srtp,
        ports: Ports,
        mut chance: Chance,
    ) -> SipDoor {
        let carrier = |Trunk { peers, called, .. }| Carrier { peers, called };
        let mut seed = [0; 32];
        for chunk in seed.chunks_exact_mut(8) {
            chunk.copy_from_slice(&chance.bits().to_le_bytes());
        }
        SipDoor {
            endpoint: Endpoint::new(interfaces, Chance::new(seed)),
            trunks: trunks::Trunks::new(&trunks, &mut chance),
            cells: cells::Cells::default(),
            lines: trunks.iter().map(lines::Line::of).collect(),
            gate: Gate::new(trunks.into_iter().map(carrier).collect()),
            acquaintances: Arc::default(),
            names: names::Names::new(registrations.secret.clone()),
            tokens: Tokens::new(registrations.secret.clone()),
            left_ringing: HashMap::new(),
            purses: purses::Purses::default(),
            unheard: 0,
            registrations: registrations::Registrations::new(registrations),
            proofs: proofs::Proofs::default(),
            reach: reach::Reach::default(),
            chance,
            srtp,
            ports,
            places: HashMap::new(),
            callers: HashMap::new(),
            rung_before: HashMap::new(),
            phones: HashMap::new(),
            invites: HashMap::new(),
            keys: HashMap::new(),
            forks: HashMap::new(),
            dialling: HashMap::new(),
            takers: HashMap::new(),
            unproved: HashMap::new(),
            referrals: HashMap::new(),
            subscriptions: subscriptions::Subscriptions::default(),
            byes: HashMap::new(),
            dialogs: HashMap::new(),
            awaited: HashMap::new(),
            presence: presence::Presence::default(),
            timers: timers::Timers::default(),
            reliable: reliable::Reliable::default(),
            relays: HashMap::new(),
            told: VecDeque::new(),
            media: VecDeque::new(),
            last_relay: 0,
        }
    }

    /// Whether whoever is there could call us by our Contact.
    pub fn is_found_by(&self, hop: &Hop) -> bool {
        self.endpoint.interfaces.is_found_by(hop)
    }

    /// A message has come, already read. Strangers' first words end here.
    pub fn receive(&mut self, now: Now, hop: Hop, message: Received) {
        let stranger = self.source_of(&hop, &message) == Source::Stranger && self.token_of(now, &message).is_none();
        let belongs = self.endpoint.knows(&message, hop.to.ip()) || self.party_of(&message).is_some();
        // The one thing a stranger may ask: a phone is a stranger until it has registered.
        if stranger && !belongs && !registrations::is_register(&message) {
            self.unheard += 1;
            return;
        }
        if let Some(flow) = hop.flow()
            && (!stranger || belongs)
        {
            self.endpoint.flows.trust(flow);
        }
        self.endpoint.receive(now.mono, hop, message);
        self.drain_endpoint(now);
    }

    /// The caller whom we have sent for, and who comes with this.
    fn token_of(&self, now: Now, message: &Received) -> Option<Token> {
        let user = message.uri()?.user.as_deref()?;
        self.tokens.read(user, now.wall).filter(|_| message.method() == Some(&Method::Invite))
    }

    /// Whether this call's caller is here, by SIP.
    pub fn has_caller(&self, call: CallId) -> bool {
        self.callers.contains_key(&call)
    }

    /// How many messages of strangers got no answer since this was last asked.
    pub fn take_unheard(&mut self) -> u64 {
        std::mem::take(&mut self.unheard)
    }

    /// Whether a message from this address is worth an answer although it cannot be read.
    pub fn is_known(&self, from: &Hop) -> bool {
        self.gate.source(from) != Source::Stranger
    }

    /// A peer has connected to us. One that is known by its address alone needs no first message to be trusted.
    pub fn flow_accepted(&mut self, flow: FlowId, protocol: Protocol, peer: SocketAddr, local: IpAddr) {
        self.endpoint.flows.accepted(flow, protocol, peer, local);
        if self.endpoint.flows.hop(flow).is_some_and(|hop| self.is_known(&hop)) {
            self.endpoint.flows.trust(flow);
        }
    }

    /// Where a message on this flow has come from.
    pub fn flow_hop(&self, flow: FlowId) -> Option<Hop> {
        self.endpoint.flows.hop(flow)
    }

    /// This flow is of no use any more: it is closed once everything for it is sent.
    pub fn close_flow(&mut self, now: Now, flow: FlowId) {
        self.endpoint.flows.close(flow);
        self.drain_endpoint(now);
    }

    pub fn flow_closed(&mut self, now: Now, flow: FlowId) {
        self.endpoint.flow_closed(now.mono, flow);
        self.drain_endpoint(now);
    }

    pub fn flow_failed(&mut self, now: Now, flow: FlowId) {
        self.endpoint.flow_failed(now.mono, flow);
        self.drain_endpoint(now);
    }

    /// What is to be done with a connection before the next message is sent.
    pub fn poll_flow(&mut self) -> Option<flow::Command> {
        self.endpoint.flows.poll_command()
    }

    /// What connection is to be closed after all messages are sent.
    pub fn poll_close(&mut self) -> Option<FlowId> {
        self.endpoint.flows.poll_close()
    }

    pub fn handle_timeout(&mut self, now: Now) {
        self.registrations_timeout(now);
        self.subscriptions_timeout(now);
        self.proofs_timeout(now);
        self.cells_timeout(now);
        self.unheard_timeout(now);
        self.endpoint.handle_timeout(now.mono);
        self.drain_endpoint(now);
        self.timers_timeout(now);
        self.reliable_timeout(now);
        self.trunks_timeout(now);
        self.reach_timeout(now);
    }

    pub fn poll_timeout(&self) -> Option<crate::now::Mono> {
        let registrations = [self.registrations.poll_timeout(), self.proofs.poll_timeout(), self.trunks.poll_timeout()];
        let dialogs = [self.timers.poll_timeout(), self.reliable.poll_timeout(), self.cells.poll_timeout()];
        let others = [self.reach.poll_timeout(), self.subscriptions.poll_timeout(), self.endpoint.poll_timeout()];
        let timeouts = registrations.into_iter().chain(dialogs).chain(others);
        timeouts.flatten().min()
    }

    pub fn poll_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.endpoint.poll_transmit()
    }

    pub fn poll_media(&mut self) -> Option<media::Command> {
        self.media.pop_front()
    }

    /// The call whose sound this relay carries, if it lives.
    pub fn call_of(&self, relay: RelayId) -> Option<CallId> {
        self.relays.get(&relay).copied()
    }

    /// The stock of bound ports.
    pub fn ports(&mut self) -> &mut Ports {
        &mut self.ports
    }

    /// Callers' and phones' legs that live.
    pub fn legs(&self) -> usize {
        self.callers.len() + self.phones.len()
    }

    pub fn transactions(&self) -> usize {
        self.endpoint.transactions()
    }

    pub fn ports_in_use(&self) -> usize {
        self.ports.in_use()
    }

    /// Does what a call asks of the door; what concerns the log is not the door's.
    pub fn perform(&mut self, now: Now, call: CallId, output: &Output) {
        match output {
            Output::Record { .. } | Output::Unrecorded | Output::Log(_) | Output::Changed(_) | Output::Keep(_) => {}
            // What is said is the shop's: the switchboard asks for it with the words ([`SipDoor::greet`],
            // [`SipDoor::screen`], [`SipDoor::dismiss`]).
            Output::Notify(_) | Output::Greet(_) | Output::Screen { .. } | Output::Dismiss { .. } => {}
            // The same ([`SipDoor::lift`], [`SipDoor::dictate`]).
            Output::Lift { .. } | Output::Dictate { .. } | Output::Drilled { .. } | Output::Dictating(_) => {}
            Output::Ring { leg, binding, phone } => {
                self.show_its_own(*leg, *phone);
                self.ring(now, *leg, *binding);
            }
            Output::Take { leg } => self.take(*leg),
            Output::Join { leg } => self.join(now, *leg),
            Output::Adopt { leg, from } => self.adopt(now, *leg, *from),
            Output::Succeed { from } => self.succeed(now, call, *from),
            Output::Tell { leg, progress } => self.tell_giver(now, *leg, *progress),
            Output::Stop { leg, why } => self.stop(now, *leg, *why),
            Output::HangUp { leg, why } => self.hang_up(now, *leg, *why),
            // Which carrier it goes by the switchboard knows ([`SipDoor::dial`]).
            Output::Dial { .. } => {}
            Output::LetHear { leg } => self.let_hear(now, *leg),
            Output::Announce => self.announce(now, call),
            Output::Answer { leg } => self.answer(now, call, *leg),
            Output::Refuse(answer) => self.refuse(now, call, *answer),
            Output::HangUpCaller(why) => self.hang_up_caller(now, call, *why),
            Output::AskBoth { leg } => self.ask_both(now, *leg),
            Output::StopAsking { leg } => self.stop_asking_both(now, *leg),
        }
    }

    fn tell(&mut self, call: CallId, input: Input) {
        self.told.push_back(Told::Call(call, input));
    }

    fn respond(&mut self, now: Now, tx: ServerTx, code: u16, more: Vec<Header>) {
        let tag = self.chance.tag();
        self.endpoint.respond_plain(now.mono, tx, code, Some(&tag), more);
    }

    /// The dialog that a message claims to be in, if it is one of ours.
    fn party_of(&self, message: &Received) -> Option<Party> {
        let local_tag = match message.method() {
            Some(_) => message.to.tag()?,
            None => message.from.tag()?,
        };
        let key = DialogKey { call_id: message.call_id.clone(), local_tag: local_tag.to_owned() };
        self.dialogs.get(&key).copied()
    }

    /// The way to each other side of an established dialog.
    fn dialog_hops(&self) -> impl Iterator<Item = Hop> {
        let callers = self.callers.values().filter_map(|caller| match &caller.state {
            CallerState::Answered(conversation) => Some(conversation.dialog.hop),
            CallerState::Waiting => None,
        });
        let phones = self.phones.values().filter_map(|phone| match &phone.state {
            PhoneState::Up { dialog, .. } => Some(dialog.hop),
            PhoneState::Inviting => None,
        });
        callers.chain(phones)
    }

    /// Our Contact towards this hop, as header text. Whoever was called, or calls us, by a `sips:` URI is to find one there
    /// (RFC 3261 §8.1.1.8, §12.1.1).
    fn contact(&self, hop: &Hop, called: Scheme) -> Header {
        let sent_by = self.endpoint.interfaces.sent_by(hop);
        let mut uri = Uri::sip(Some("ringall"), &sent_by.ip().to_string(), Some(sent_by.port()));
        let sips = hop.protocol().is_encrypted() && called == Scheme::Sips;
        if sips {
            uri.scheme = Scheme::Sips;
        }
        // `sips:` alone is TLS.
        if let Some(transport) = hop.protocol().param().filter(|_| !sips || hop.protocol().is_web_socket()) {
            uri = uri.with_param("transport", Some(transport));
        }
        crate::sip::message::contact(&crate::sip::address::Address::new(uri))
    }
}
