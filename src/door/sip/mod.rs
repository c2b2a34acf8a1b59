//! The SIP door: the caller's INVITE becomes a call, the call's wishes become requests and responses, SDP and media
//! commands. It knows SIP and calls, and decides nothing.
//!
//! [`offer`]: a caller's INVITE. [`fork`]: the INVITEs to the phones. [`bridge`]: the conversation of the two.
//! [`referring`]: a phone gives its call to another. [`attended`]: the same once it has asked them. [`taking`]: a phone
//! dials for a call that waits; [`unproved`]: one that has to show first that it is there. [`cells`]: phones behind a carrier. [`dialled`]: whoever a phone of the shop calls behind
//! one. [`lifting`]: a phone that is rung so that it calls somebody.
//! [`presence`]: whether both are still there. [`timers`]: for how long they are believed to be.
//! [`reliable`]: what must arrive before that.
//! [`registrations`]: where the phones are. [`subscriptions`]: what they want to hear of. [`trunks`]: the carriers that we
//! register with. [`reach`]: the others. [`purses`]: who may make us read how much.

mod abilities;
mod attended;
mod bridge;
mod cells;
mod dialled;
mod dialogs;
mod fork;
mod left_ringing;
mod lifting;
mod loops;
mod names;
mod offer;
mod presence;
mod proofs;
mod purses;
mod reach;
mod referring;
mod registrations;
mod reliable;
mod subscriptions;
mod taking;
mod timers;
mod trunks;
mod unproved;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::call::event::{CallerLeft, Input, LegEnd, Output, Stop};
use crate::call::leg::{BindingId, LegId};
use crate::call::record::CallId;
use crate::chance::Chance;
use crate::config::{Srtp, Trunk};
use crate::media::player::Sound;
use crate::media::sdp::Description;
use crate::media::{self, Keep, Pair, Ports, RelayId, Which};
use crate::now::Now;
use crate::routing::plan::PhoneId;
use crate::sip::dialog::{Dialog, DialogKey};
use crate::sip::endpoint::{ClientTx, Endpoint, Event, ServerTx, Transmit};
use crate::sip::flow;
use crate::sip::gate::{Acquaintances, Gate, Source};
use crate::sip::hop::{FlowId, Hop, Interfaces, Protocol};
use crate::sip::message::{Header, Method, Received};
use crate::sip::outgoing::{ALLOW, ALLOW_TO_PHONES, Outgoing};
use crate::sip::registrar::KeptUser;
use crate::sip::trunk::Change;
use crate::sip::uri::{Scheme, Uri};

use super::token::{Token, Tokens};
use abilities::Peer;

pub use attended::{Joint, NotJoined, Wish};
pub use cells::Takes;
pub use offer::{Arrival, Calling, Origin};
pub use registrations::{Registered, RegistrationSettings, User};
pub use subscriptions::{InCall, News, Stage, Subscribing, Watched};
pub use unproved::Answered;

/// What the door tells the switchboard.
#[derive(Debug)]
pub enum Told {
    /// A customer calls, or a phone. Answered by [`SipDoor::open`].
    Arrived(Box<Arrival>),
    /// Something happened in a call.
    Call(CallId, Input),
    /// A phone that dialled for a call is where it says it is. Answered by [`SipDoor::gets_it`] or
    /// [`SipDoor::does_not_get_it`].
    IsThere(Box<Answered>),
    /// Whoever talks at this leg wants to give the call to the phone of this user, by the REFER of this CSeq number. Answered by
    /// [`SipDoor::accept_referral`] or [`SipDoor::refuse_referral`].
    Referred { leg: LegId, tx: ServerTx, number: u32, user: String },
    /// A phone that has two calls wants the others of both to talk with each other. Answered by [`SipDoor::accept_joint`] or
    /// [`SipDoor::refuse_joint`].
    Joint(attended::Wish),
    /// A phone wants to hear of something. Answered by [`SipDoor::begin_subscription`] or [`SipDoor::refuse_subscription`].
    Subscribing(Subscribing),
    /// An address has answered us: the phone there is alive.
    Alive(SocketAddr),
    /// The places of a phone that registers have changed, and are to be kept. Where a phone waits for that, it is answered
    /// by [`SipDoor::bindings_kept`].
    KeepBindings { waiting: Option<ServerTx>, user: String, kept: KeptUser },
    /// Phones that registered by a connection cannot be reached now. What is kept of them stays as it is.
    PlacesChanged,
    /// Where is this trunk's registrar? Answered by [`SipDoor::registrar_resolved`].
    FindRegistrar { trunk: usize, protocol: Protocol, host: String, port: Option<u16> },
    /// A carrier sends us its calls, or no longer does.
    Trunk { trunk: usize, change: Change },
    /// Who is worth a handshake has changed: these, and nobody else.
    Acquaintances(Arc<Acquaintances>),
}

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
    media: VecDeque<media::Command>,
    last_relay: u32,
}

/// A place where a phone can be rung.
#[derive(Clone, Debug)]
pub struct Place {
    pub uri: Uri,
    pub hop: Hop,
    /// A cell is reached through this trunk, by its place in the configuration; a phone of the shop through none.
    pub trunk: Option<usize>,
    /// Where else a cell can be reached, should that trunk not take the call, in order.
    pub others: Vec<Way>,
}

/// A way to a cell.
#[derive(Clone, Debug)]
pub struct Way {
    pub uri: Uri,
    pub hop: Hop,
    pub trunk: usize,
}

impl Place {
    /// A place where a phone of the shop can be rung.
    pub fn of_phone(uri: Uri, hop: Hop) -> Place {
        Place { uri, hop, trunk: None, others: Vec::new() }
    }

    /// A cell that can be reached these ways, the best first.
    pub fn of_cell(ways: Vec<Way>) -> Option<Place> {
        let mut ways = ways.into_iter();
        let Way { uri, hop, trunk } = ways.next()?;
        Some(Place { uri, hop, trunk: Some(trunk), others: ways.collect() })
    }
}

/// Whose dialog it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    Caller(CallId),
    Phone(LegId),
}

impl Party {
    pub fn call(self) -> CallId {
        match self {
            Party::Caller(call) => call,
            Party::Phone(leg) => leg.call,
        }
    }

    fn which(self) -> Which {
        match self {
            Party::Caller(_) => Which::A,
            Party::Phone(_) => Which::B,
        }
    }
}

/// The caller's leg, the A leg.
#[derive(Debug)]
struct CallerLeg {
    /// What they came by, if they are a customer.
    trunk: Option<usize>,
    begun: lifting::Beginning,
    /// Where the phone has registered that is the caller.
    place: Option<BindingId>,
    hop: Hop,
    local_tag: String,
    key: String,
    dialog_key: DialogKey,
    /// `None`: the INVITE came without an offer, ours goes with the 200.
    offer: Option<Description>,
    /// How the caller is shown on the phones.
    shown: Shown,
    /// The same at those that are shown something of their own.
    shown_at: HashMap<LegId, String>,
    /// Where phones were rung for them, once for each INVITE.
    rung: Vec<(Uri, IpAddr)>,
    audio: Audio,
    /// What our 180 has begun (RFC 3261 §12.1.1), until the call is answered.
    early: Option<Box<Dialog>>,
    /// What they hear before anybody has picked up, if anything.
    hears: Option<Box<dialled::Heard>>,
    state: CallerState,
}

/// What a ringing phone displays (DESIGN §3, "The caller's card").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// At most 20 ASCII characters.
    pub card: String,
    /// The caller's number; empty when withheld.
    pub number: String,
    /// The shop's own number, if it is known.
    pub called: Option<String>,
    /// A phone that shows something else in place of the card.
    pub own: Option<(PhoneId, String)>,
}

/// The ports of a call: one pair a side, however many phones ring; a second pair on the phones' side where some speak
/// IPv4 and some IPv6.
#[derive(Debug)]
struct Audio {
    lane: media::Lane,
    caller: Option<Pair>,
    phones: Vec<Pair>,
    relay: Option<RelayId>,
}

impl CallerLeg {
    /// What a phone may be offered for this caller: what they have offered, or what has been agreed with them since.
    fn could_talk_by(&self) -> Option<Description> {
        match &self.state {
            CallerState::Waiting => self.offer.clone(),
            CallerState::Answered(talk) => talk.theirs.clone().map(|theirs| {
                let agreed = |codec| talk.ours.formats.iter().any(|format| format.codec.is_same(codec));
                let formats = theirs.formats.iter().filter(|format| agreed(&format.codec)).cloned().collect();
                Description { formats, ..theirs }
            }),
        }
    }
}

#[derive(Debug)]
enum CallerState {
    Waiting,
    Answered(Box<Conversation>),
}

/// Both sides of an answered call.
#[derive(Debug)]
struct Conversation {
    dialog: Dialog,
    with: Far,
    acked: Acked,
    /// What the caller last said; `None` until the ACK of an INVITE without offer.
    theirs: Option<Description>,
    /// What we last said to the caller.
    ours: Description,
    /// What the far side last said, and we to it.
    phone_theirs: Description,
    phone_ours: Description,
}

/// Who is on the far side of the caller's conversation.
#[derive(Clone, Debug)]
enum Far {
    Phone(LegId),
    /// The closed shop's greeting, which is this, and then whoever takes the message; or whoever listens to the greeting's own
    /// words, behind what is to be done.
    Machine {
        sounds: Arc<[Sound]>,
        keep: Keep,
    },
    /// Nobody yet: whoever has lifted a phone for a call back hears this until somebody there picks up.
    Tone {
        sounds: Arc<[Sound]>,
    },
}

/// Whether our 200 was acknowledged. A UAS must not hang up before (RFC 3261 §15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acked {
    Yes,
    NotYet,
    /// Hang up as soon as it is, for this reason.
    ThenHangUp(Stop),
}

/// A phone's leg, a B leg.
#[derive(Debug)]
struct PhoneLeg {
    begun: Begun,
    hop: Hop,
    pair: Pair,
    ours: Description,
    /// An SDP that came with a provisional response: the 200 may come without one (RFC 3261 §13.2.1). Of a phone that has
    /// dialled, its offer.
    early: Option<Description>,
    told_to_stop: bool,
    /// Its tag, while it rings: the other half of its dialog's name.
    rings_as: Option<String>,
    /// A cell's, or of a number that was dialled: reached through a carrier.
    cell: Option<Box<cells::Cell>>,
    state: PhoneState,
}

/// Whose INVITE a phone's leg began with.
#[derive(Debug)]
enum Begun {
    /// It was rung at this place; without one it is a number outside.
    ByUs { tx: ClientTx, binding: Option<BindingId>, invite: Box<Outgoing> },
    /// It has dialled for the call.
    ByPhone(Box<taking::Dialled>),
}

#[derive(Debug)]
enum PhoneState {
    /// The INVITE has no final answer.
    Inviting,
    Up {
        dialog: Box<Dialog>,
        theirs: Option<Description>,
    },
}

/// A phone that has registered is reached where it did, whatever its Contact says.
fn reached_at(places: &HashMap<BindingId, Place>, place: Option<BindingId>, dialog: &mut Dialog) {
    if let Some(place) = place.and_then(|place| places.get(&place)) {
        dialog.reach(&place.uri, place.hop);
    }
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
        let mut seed = [0; 32];
        for chunk in seed.chunks_exact_mut(8) {
            chunk.copy_from_slice(&chance.bits().to_le_bytes());
        }
        SipDoor {
            endpoint: Endpoint::new(interfaces, Chance::new(seed)),
            trunks: trunks::Trunks::new(&trunks, &mut chance),
            cells: cells::Cells::new(&trunks),
            gate: Gate::new(trunks),
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

    /// Replaces the places where phones can be rung. Legs that live are not touched. The answer is which of them are
    /// reached by another way than before.
    pub fn set_places(&mut self, now: Now, places: HashMap<BindingId, Place>) -> Vec<BindingId> {
        let moved =
            |(id, place): &(&BindingId, &Place)| self.places.get(id).is_some_and(|before| before.hop != place.hop);
        let mut moved: Vec<BindingId> = places.iter().filter(moved).map(|(id, _)| *id).collect();
        moved.sort();
        let phones = || places.values().filter(|place| place.trunk.is_none()).map(|place| place.hop);
        // One that registered has a connection of its own.
        let fixed = phones().filter(|hop| hop.flow().is_none());
        self.gate.set_phones(phones().chain(self.registrations.sources()), fixed);
        self.gate.set_flows(self.registrations.flows());
        self.places = places;
        self.follow_phones();
        self.follow_watchers(now);
        self.close_replaced();
        self.note_acquaintances();
        self.forget_watchers_who_left();
        moved
    }

    /// A phone that has registered from elsewhere while somebody talks by it, because its router forgot it or its connection
    /// broke, is spoken to there from now on (RFC 5626 §5.3), or nobody could tell it that its call is over.
    fn follow_phones(&mut self) {
        for caller in self.callers.values_mut() {
            let CallerState::Answered(talk) = &mut caller.state else { continue };
            let place = caller.place.and_then(|place| self.places.get(&place));
            if let Some(place) = place.filter(|place| place.hop != caller.hop) {
                talk.dialog.reach(&place.uri, place.hop);
                caller.hop = place.hop;
            }
        }
        for phone in self.phones.values_mut() {
            let PhoneState::Up { dialog, .. } = &mut phone.state else { continue };
            let place = match &phone.begun {
                Begun::ByUs { binding, .. } => *binding,
                Begun::ByPhone(dialled) => dialled.place,
            };
            let place = place
                .and_then(|place| self.places.get(&place))
                .filter(|place| place.trunk.is_none() && place.hop != phone.hop);
            if let Some(place) = place {
                dialog.reach(&place.uri, place.hop);
                phone.hop = place.hop;
            }
        }
    }

    /// Phones are known where they are called, and where they have registered from, be it by a connection that is gone.
    pub(super) fn note_acquaintances(&mut self) {
        let phones = self.places.values().filter(|place| place.trunk.is_none()).map(|place| place.hop.to.ip());
        let known = self.gate.acquaintances(phones.chain(self.registrations.addresses()));
        if known != *self.acquaintances {
            self.acquaintances = Arc::new(known);
            self.told.push_back(Told::Acquaintances(self.acquaintances.clone()));
        }
    }

    /// Whether whoever is there could call us by our Contact.
    pub fn is_found_by(&self, hop: &Hop) -> bool {
        self.endpoint.interfaces.is_found_by(hop)
    }

    /// Whether this place is called at this address.
    pub fn is_at(&self, place: BindingId, address: SocketAddr) -> bool {
        self.places.get(&place).is_some_and(|place| place.hop.to == address)
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

    fn drain_endpoint(&mut self, now: Now) {
        self.drain_events(now);
        while let Some(flow) = self.endpoint.flows.poll_gone() {
            self.registered_flow_gone(flow);
            self.registrars_flow_gone(now, flow);
        }
    }

    fn drain_events(&mut self, now: Now) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { tx, hop, request } => self.request_came(now, tx, hop, *request),
                Event::Cancelled { tx } => {
                    if let Some(&call) = self.invites.get(&tx) {
                        self.tell(call, Input::CallerLeft(CallerLeft::HungUp, None));
                    } else {
                        self.taker_left(now, tx);
                    }
                }
                Event::Acked { tx, ack } => self.acked(now, tx, &ack),
                Event::NeverAcked { tx } => self.never_acked(now, tx),
                Event::Response { tx, hop, response } => {
                    if self.registrar_answered(now, tx, hop, &response) {
                        continue;
                    }
                    self.told.push_back(Told::Alive(hop.to));
                    if !self.proof_over(now, tx)
                        && !self.carrier_answered(now, tx, hop, &response)
                        && !self.presence_answered(now, tx, &hop, &response)
                        && !self.left_ringing_answered(now, tx, hop, &response)
                        && !self.notify_answered(now, tx, &response)
                    {
                        self.response_came(now, tx, hop, &response);
                    }
                }
                Event::TimedOut { tx } => {
                    if !self.question_is_lost(now, tx) {
                        self.phone_is_lost(now, tx, LegEnd::Silent);
                    }
                }
                Event::Broken { tx } => {
                    if !self.question_is_lost(now, tx) {
                        self.phone_is_lost(now, tx, LegEnd::Unavailable(503));
                    }
                }
                Event::Idle { flow } => {
                    // The other side's Contact is often a port where nobody listens: this connection is the way back.
                    let needed = self.trunks.need(flow) || self.dialog_hops().any(|hop| hop.flow() == Some(flow));
                    if needed { self.endpoint.keep_flow(now.mono, flow) } else { self.endpoint.flows.close(flow) }
                }
                Event::Unreachable { tx } => {
                    if let Some(&call) = self.invites.get(&tx) {
                        self.tell(call, Input::CallerLeft(CallerLeft::Lost, None));
                    } else {
                        self.taker_left(now, tx);
                    }
                }
            }
        }
    }

    /// Whether this was a REGISTER of ours, or a question whether somebody is there: nobody has answered.
    fn question_is_lost(&mut self, now: Now, tx: ClientTx) -> bool {
        self.registrar_silent(now, tx)
            || self.proof_over(now, tx)
            || self.carrier_silent(now, tx)
            || self.presence_silent(now, tx)
            || self.notify_is_lost(tx)
    }

    fn request_came(&mut self, now: Now, tx: ServerTx, hop: Hop, request: Received) {
        if request.to.tag().is_some() {
            return self.in_dialog(now, tx, hop, &request);
        }
        match request.method() {
            Some(Method::Invite) => self.invite_came(now, tx, hop, request),
            Some(Method::Register) => self.register_came(now, tx, hop, &request),
            Some(Method::Subscribe) => self.subscribe_came(now, tx, hop, request),
            Some(Method::Options) if let Err(unable) = abilities::extensions(&request) => {
                self.respond(now, tx, unable.code, unable.more);
            }
            Some(Method::Options) => {
                let accept = Header::Accept("application/sdp".into());
                let (allow, peer) = match self.source_of(&hop, &request) {
                    Source::Phone => (ALLOW_TO_PHONES, Peer::Phone),
                    Source::Trunk(_) | Source::Stranger => (ALLOW, Peer::Other),
                };
                let more = vec![Header::Allow(allow.into()), abilities::supported(peer), accept];
                self.respond(now, tx, 200, more);
            }
            _ => {
                let unable = abilities::method(&request);
                self.respond(now, tx, unable.code, unable.more);
            }
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
