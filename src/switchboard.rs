//! The whole pure machine. Inputs go in with the time they came at, outputs are polled until there are none, and the
//! next deadline says when to come back at the latest:
//!
//! ```text
//! loop { wait(poll_timeout); handle(now, input); while let Some(output) = poll_output() { perform(output) } }
//! ```

mod between_phones;
mod calling_back;
mod calling_out;
mod contacts;
mod drills;
mod event;
mod lamps;
mod left_ringing;
mod mailboxes;
mod notices;
mod picking_up;
mod right_now;
mod sound;
mod transfers;
mod trunks;
mod twilio;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use crate::call::event::{Final, Input as CallInput, Output as CallOutput};
use crate::call::leg::BindingId;
use crate::call::record::{CallId, CallRecord, Direction, Disposition, Door};
use crate::call::{Begin, Call, Occasion};
use crate::caller::Callers;
use crate::chance::Chance;
use crate::config::{Prefix, Srtp, Trunk};
use crate::door::sip::{Arrival, Origin, RegistrationSettings, Shown, SipDoor, Told};
use crate::door::twilio::{TwilioDoor, TwilioSettings};
use crate::media::{self, Family, Ports};
use crate::now::{Mono, Now, UnixMs};
use crate::number::Number;
use crate::routing::decision::{Action, Because, Offer};
use crate::routing::plan::{Country, PhoneId, Plan, Shop, ShopId};
use crate::routing::{CallerId, Identity, decide, shop_called};
use crate::sip::budget::Spent;
use crate::sip::endpoint::ServerTx;
use crate::sip::flow;
use crate::sip::hop::Interfaces;
use crate::sip::locate::{self, Found};
use crate::sip::message_summary::Waiting;
use crate::sip::transaction::timer::Deadlines;
use crate::sip::wire::{self, Framing, Unreadable};
use crate::utterance::Names;

pub use crate::call::event::{Medium, NotRung};
pub use crate::sip::gate::Acquaintances;
pub use crate::sip::hop::{FlowId, Hop as Route, Protocol, ServerName, SocketId, Transport};
pub use crate::sip::trunk::{Change, Why};

pub use calling_back::{Purpose, RETURNS_WITHIN};
pub use calling_out::WentOut;
pub use event::{Admitted, Input, LogEntry, Output, Ticket};
pub use left_ringing::{LeftRinging, Rang};
pub use mailboxes::Keyless;
pub use notices::{Due, Standing};
pub use right_now::{Doing, PhoneBecause, PhoneNow, RightNow, ShopNow};

use contacts::Contacts;
use notices::Notices;
use sound::Shelf;

/// How much of a display name is kept: twice what any phone shows.
const DISPLAY_KEPT: usize = 80;

/// Counters that return to their start when idle (DESIGN §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    pub calls_live: usize,
    pub legs: usize,
    pub transactions: usize,
    /// Ports, not pairs: two a pair.
    pub ports_used: usize,
}

/// What the machine is told once, at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bound address of each SIP socket, by [`SocketId`].
    pub sockets: Vec<SocketAddr>,
    /// The bound address of each TCP listener.
    pub tcp: Vec<SocketAddr>,
    /// The bound address of each TLS listener.
    pub tls: Vec<SocketAddr>,
    pub external_ip: Option<IpAddr>,
    pub local_networks: Vec<Prefix>,
    pub trunks: Vec<Trunk>,
    pub srtp: Srtp,
    pub registrations: RegistrationSettings,
    /// `None`: no call comes by webhook.
    pub twilio: Option<TwilioSettings>,
}

impl Settings {
    pub fn interfaces(&self) -> Interfaces {
        Interfaces {
            sockets: self.sockets.clone(),
            tcp: self.tcp.clone(),
            tls: self.tls.clone(),
            external_ip: self.external_ip,
            local_networks: self.local_networks.clone(),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Switchboard {
    door: SipDoor,
    twilio: TwilioDoor,
    plan: Arc<Plan>,
    callers: Callers,
    /// At the head of a closed shop's greeting.
    names: Names,
    calls: HashMap<CallId, Call>,
    /// Those of them that began with phones to be lifted: each new call asks for them, however many calls there are.
    lifts: BTreeSet<CallId>,
    deadlines: Deadlines<CallId>,
    contacts: Contacts,
    /// The names of the trunks, in the order of the configuration.
    trunk_names: Vec<String>,
    stock: Vec<Shelf>,
    asked: HashMap<Ticket, Asked>,
    outputs: VecDeque<Output>,
    chance: Chance,
    last_ticket: u64,
    over_budget: u64,
    service: Service,
    /// The call whose input is being handled: the one to be ended should that panic.
    busy_with: Option<CallId>,
    unrecorded: u64,
    /// Who is to be told that a phone is free, and which.
    freed: VecDeque<(CallId, PhoneId)>,
    /// Calls of the process before this one.
    left: left_ringing::Left,
    mailboxes: mailboxes::Mailboxes,
    notices: Notices,
    gone_out: calling_out::GoneOut,
    call_backs: calling_back::CallBacks,
    drills: drills::Drills,
    /// The ways by which each call outside was asked for.
    dialled_by: HashMap<CallId, Vec<(usize, Route)>>,
    down: trunks::Down,
    /// Messages that the disk has refused so far, and when they were over.
    refused: HashMap<CallId, UnixMs>,
    lamps: lamps::Lamps,
    /// The messages of each shop that has any.
    waiting: HashMap<ShopId, Waiting>,
}

/// What a ticket stands for.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Record(CallId),
    Resolve(BindingId),
    /// The REGISTER that waits for it.
    KeepBindings(ServerTx),
    /// The registrar of the trunk at this place of the configuration.
    Registrar(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Open,
    Draining,
}

/// What is known of who calls, and why their call is what it is: the parts of a first row that are decided here.
#[derive(Debug)]
struct Facts {
    direction: Direction,
    caller: Option<Number>,
    caller_raw: String,
    caller_display: String,
    withheld: bool,
    because: Because,
    nth: u32,
    /// The phone of the shop that calls; a customer's call has none.
    made_by: Option<PhoneId>,
}

/// A customer's call, decided.
#[derive(Debug)]
struct Decided {
    shop: Option<Arc<Shop>>,
    caller: CallerId,
    action: Action,
    shown: Shown,
    facts: Facts,
}

/// Text from outside as the log keeps it.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(DISPLAY_KEPT).collect()
}

impl Switchboard {
    /// A machine that knows nobody yet; [`Input::PlanChanged`] comes first.
    pub fn new(seed: [u8; 32], settings: Settings, ports: Ports, callers: Callers) -> Switchboard {
        let mut chance = Chance::new(seed);
        let mut door_seed = [0; 32];
        for chunk in door_seed.chunks_exact_mut(8) {
            chunk.copy_from_slice(&chance.bits().to_le_bytes());
        }
        let families = [Family::V4, Family::V6].into_iter();
        let spoken = |family: &Family| settings.sockets.iter().any(|socket| Family::from(socket.ip()) == *family);
        let families: Vec<Family> = families.filter(spoken).collect();
        let stock = ports
            .lanes()
            .flat_map(|lane| families.iter().map(move |&family| Shelf { lane, family, coming: 0, used_up: false }));
        let stock = stock.collect();
        let interfaces = settings.interfaces();
        let trunk_names = settings.trunks.iter().map(|trunk| trunk.name.clone()).collect();
        let mut switchboard = Switchboard {
            twilio: TwilioDoor::new(settings.twilio, settings.registrations.secret.clone()),
            door: SipDoor::new(
                interfaces,
                settings.trunks,
                settings.registrations,
                settings.srtp,
                ports,
                Chance::new(door_seed),
            ),
            plan: Arc::default(),
            callers,
            names: Names::default(),
            calls: HashMap::new(),
            lifts: BTreeSet::new(),
            deadlines: Deadlines::default(),
            contacts: Contacts::default(),
            trunk_names,
            stock,
            asked: HashMap::new(),
            outputs: VecDeque::new(),
            chance,
            last_ticket: 0,
            over_budget: 0,
            service: Service::Open,
            busy_with: None,
            unrecorded: 0,
            freed: VecDeque::new(),
            left: left_ringing::Left::default(),
            mailboxes: mailboxes::Mailboxes::default(),
            notices: Notices::default(),
            gone_out: calling_out::GoneOut::default(),
            call_backs: calling_back::CallBacks::default(),
            drills: drills::Drills::default(),
            dialled_by: HashMap::new(),
            down: trunks::Down::default(),
            refused: HashMap::new(),
            lamps: lamps::Lamps::default(),
            waiting: HashMap::new(),
        };
        switchboard.keep_stocked();
        switchboard
    }

    /// Whether this datagram may cost us anything; asked before anything else is done for it, be it to ask the system which
    /// address of ours it came to.
    pub fn admit<'a>(&mut self, now: Now, socket: SocketId, from: SocketAddr, bytes: &'a [u8]) -> Option<Admitted<'a>> {
        let nowhere = if from.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let spent = self.spend(now, &Route::udp(socket, from, nowhere), bytes);
        (spent == Spent::Within).then_some(Admitted { socket, from, bytes })
    }

    /// Something happened. Poll the outputs until there are none before the next input.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        match input {
            Input::Datagram { datagram: Admitted { socket, from, bytes }, local } => {
                self.read(now, Route::udp(socket, from, local), bytes, Framing::Datagram);
            }
            Input::FlowAccepted { flow, protocol, from, local } => self.door.flow_accepted(flow, protocol, from, local),
            Input::Received { flow, bytes } => {
                if let Some(hop) = self.door.flow_hop(flow) {
                    // RFC 7118 §5.3: one message each, and it ends with its frame.
                    let framing = if hop.protocol().is_web_socket() { Framing::Datagram } else { Framing::Stream };
                    if self.spend(now, &hop, bytes) == Spent::Within {
                        self.read(now, hop, bytes, framing);
                    }
                }
            }
            Input::Garbled { flow, bytes } => {
                if let Some(hop) = self.door.flow_hop(flow) {
                    if let Err(unreadable) = wire::read(bytes, Framing::Stream) {
                        self.unreadable(hop, unreadable);
                    }
                    self.door.close_flow(now, flow);
                }
            }
            Input::FlowClosed { flow } => self.door.flow_closed(now, flow),
            Input::FlowFailed { flow } => self.door.flow_failed(now, flow),
            Input::Recorded { ticket } => {
                if let Some(Asked::Record(call)) = self.asked.remove(&ticket) {
                    self.feed(now, call, CallInput::Recorded);
                }
            }
            Input::BindingsKept { ticket } => {
                if let Some(Asked::KeepBindings(tx)) = self.asked.remove(&ticket) {
                    self.door.bindings_kept(now, tx);
                }
            }
            Input::Resolved { ticket, routes } => self.found(now, ticket, &Found::plain(&routes)),
            Input::Located { ticket, servers } => {
                let found = locate::in_order(servers, &mut self.chance);
                self.found(now, ticket, &found);
            }
            Input::Media(fact) => self.media(now, fact),
            Input::PlanChanged(plan) => self.plan_changed(now, plan),
            Input::LeftRinging(calls) => self.left_ringing(now, calls),
            Input::Keyless(lines) => self.mailboxes.remember(&self.plan, lines),
            Input::GoneOut(calls) => self.gone_out.remember(&self.plan, calls, now),
            Input::MessagesWaiting(waiting) => self.messages_wait(now, waiting),
            Input::CallersNamed(callers) => self.callers.take_names(callers),
            Input::CallBacksDue { shop, callers } => self.callers_wait(now, shop, callers),
            Input::NamesSpoken(names) => self.names = names,
            Input::Look { ticket } => {
                let view = Box::new(self.right_now(now));
                self.outputs.push_back(Output::Seen { ticket, view });
            }
            Input::RingPhone { ticket, phone, purpose } => {
                let outcome = self.ring_for(now, phone, &purpose);
                self.outputs.push_back(Output::PhoneRings { ticket, outcome });
            }
            Input::TakenOn { shop, number } => self.not_needed(now, shop, &number, &[Occasion::Missed]),
            Input::Webhook { ticket, webhook } => self.webhook(now, ticket, *webhook),
            Input::RecordingFetched { call, recording, kept } => {
                self.recording_fetched(now, call, recording, kept);
            }
            Input::Erased { shop, number } => {
                self.callers.forget(shop, &number);
                self.not_needed(now, shop, &number, &[Occasion::Missed]);
            }
            Input::Drain => self.drain(now),
            Input::Timeout => self.timeout(now),
        }
        self.settle(now);
        self.answer_webhooks(now);
        self.settle(now);
    }

    /// What to do, until there is no more.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is wanted at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let own = [self.deadlines.next(), self.contacts.again.next(), self.notices.next(), self.down.next()];
        let own = own.into_iter().chain([self.call_backs.next(), self.twilio.poll_timeout()]);
        self.door.poll_timeout().into_iter().chain(own.flatten()).min()
    }

    /// Counters that return to their start when idle.
    pub fn gauges(&self) -> Gauges {
        Gauges {
            calls_live: self.calls.len(),
            legs: self.door.legs(),
            transactions: self.door.transactions(),
            ports_used: self.door.ports_in_use() * 2,
        }
    }

    /// How many messages were left unread since this was last asked, because their sender had sent too many.
    pub fn take_over_budget(&mut self) -> u64 {
        std::mem::take(&mut self.over_budget)
    }

    /// How many messages of strangers, read and left without an answer, there were since this was last asked.
    pub fn take_unheard(&mut self) -> u64 {
        self.door.take_unheard()
    }

    /// How many carriers send us calls because we have registered with them.
    pub fn trunks_registered(&self) -> usize {
        self.door.trunks_registered()
    }

    /// How many calls went on without a durable row since this was last asked, because neither store nor journal
    /// answered in time.
    pub fn take_unrecorded(&mut self) -> u64 {
        std::mem::take(&mut self.unrecorded)
    }

    /// Handling an input has panicked: a bug. Its outputs are dropped and the one call it was about is ended; the others
    /// go on. Returns that call.
    pub fn after_panic(&mut self, now: Now) -> Option<CallId> {
        self.outputs.clear();
        let call = self.busy_with.take()?;
        self.deadlines.stop(call);
        self.dialled_by.remove(&call);
        self.door.abandon(now, call);
        self.twilio.abandon(now, call);
        self.lifts.remove(&call);
        if let Some(lost) = self.calls.remove(&call) {
            self.lamps.forget(call);
            self.freed.extend(self.contacts.phones.note(lost.age(), std::iter::empty(), &[]));
            if lost.is_written() {
                self.outputs.push_back(Output::Log(LogEntry::Changed(Box::new(lost.crashed(now)))));
            }
        }
        self.tell_of_free_phones(now);
        self.settle(now);
        Some(call)
    }

    fn spend(&mut self, now: Now, hop: &Route, bytes: &[u8]) -> Spent {
        let spent = self.door.spend(now, hop, bytes);
        if spent == Spent::Over {
            self.over_budget += 1;
        }
        spent
    }

    fn read(&mut self, now: Now, hop: Route, bytes: &[u8], framing: Framing) {
        match wire::read(bytes, framing) {
            Ok(mut message) => {
                message.stamp(hop.to);
                self.door.receive(now, hop, message);
            }
            // A phone's own keep-alive (RFC 5626 §4.4.1). Some send it by UDP too, and register anew when nothing comes back.
            Err(Unreadable::KeepAlive) if wire::is_ping(bytes) && self.door.is_known(&hop) => {
                self.send(hop, wire::PONG.to_vec());
            }
            Err(unreadable) => self.unreadable(hop, unreadable),
        }
    }

    /// A stranger gets no answer, least of all to what cannot be read.
    fn unreadable(&mut self, hop: Route, unreadable: Unreadable) {
        match unreadable {
            Unreadable::Answer { bytes, .. } if self.door.is_known(&hop) => self.send(hop, bytes),
            Unreadable::Answer { .. } | Unreadable::Drop(_) | Unreadable::KeepAlive => {}
        }
    }

    fn timeout(&mut self, now: Now) {
        self.door.handle_timeout(now);
        self.webhooks_due(now);
        // Each once: a call that named a past instant again must not keep the others waiting.
        let due: Vec<CallId> = std::iter::from_fn(|| self.deadlines.pop_due(now.mono)).collect();
        for call in due {
            self.feed(now, call, CallInput::Timeout);
        }
        while let Some(binding) = self.contacts.again.pop_due(now.mono) {
            self.resolve(binding);
        }
        self.call_backs_due(now);
        self.trunks_due(now);
        self.notices_due(now);
    }

    /// Carries news between the door and the calls until nobody has any.
    fn settle(&mut self, now: Now) {
        while let Some(told) = self.door.poll_told().or_else(|| self.twilio.poll_told()) {
            match told {
                Told::Arrived(arrival) => match arrival.origin.clone() {
                    Origin::Carrier { account, trunk: _ } => self.arrived(now, *arrival, account.as_ref()),
                    Origin::Phone(calling) => match arrival.instead {
                        Some(leg) => self.picks_up_there(now, *arrival, &calling, leg),
                        None => self.phone_calls(now, *arrival, &calling),
                    },
                    Origin::SentFor(token) => self.sent_for(now, *arrival, token),
                },
                Told::IsThere(answered) => self.has_shown_itself(now, *answered),
                Told::Call(call, input) => self.said_of_the_caller(now, call, input),
                Told::Referred { leg, tx, number, user } => self.referred(now, leg, tx, number, &user),
                Told::Joint(wish) => self.wants_joined(now, &wish),
                Told::Subscribing(subscribing) => self.subscribing(now, subscribing),
                Told::Alive(address) => {
                    self.is_alive(now, address);
                }
                Told::KeepBindings { waiting, user, kept } => {
                    self.set_places(now);
                    let ticket = self.next_ticket();
                    self.asked.extend(waiting.map(|tx| (ticket, Asked::KeepBindings(tx))));
                    self.outputs.push_back(Output::KeepBindings { ticket, user, kept });
                }
                Told::PlacesChanged => self.set_places(now),
                Told::FindRegistrar { trunk, protocol, host, port } => {
                    self.find_carrier(Asked::Registrar(trunk), Some(protocol), host, port);
                }
                Told::Trunk { trunk, change } => self.trunk_changed(now, trunk, change),
                Told::Acquaintances(known) => self.outputs.push_back(Output::Acquaintances(known)),
            }
        }
        self.light_lamps(now);
        while let Some(command) = self.door.poll_media() {
            if let media::Command::Release { .. } = command {
                self.stock.iter_mut().for_each(|shelf| shelf.used_up = false);
            }
            self.outputs.push_back(Output::Media(command));
        }
        while let Some(command) = self.door.poll_flow() {
            self.outputs.push_back(match command {
                flow::Command::Connect { flow, protocol, to, local, server } => {
                    Output::Connect { flow, protocol, to, local, server }
                }
                flow::Command::Trust { flow } => Output::Trust { flow },
            });
        }
        while let Some(transmit) = self.door.poll_transmit() {
            self.send(transmit.hop, transmit.bytes);
        }
        while let Some(work) = self.twilio.poll_work() {
            self.outputs.push_back(Output::Twilio(work));
        }
        while let Some(flow) = self.door.poll_close() {
            self.outputs.push_back(Output::Close { flow });
        }
        self.keep_stocked();
    }

    fn send(&mut self, hop: Route, bytes: Vec<u8>) {
        match hop.transport {
            Transport::Udp(socket) => self.outputs.push_back(Output::Send { socket, to: hop.to, bytes }),
            // Every hop was given a connection before anything is sent by it.
            Transport::Tcp(flow) | Transport::Tls(flow) | Transport::Ws(flow) | Transport::Wss(flow) => {
                self.outputs.extend(flow.map(|flow| Output::Write { flow, bytes }));
            }
        }
    }

    /// A customer calls.
    fn arrived(&mut self, now: Now, arrival: Arrival, account: Option<&String>) {
        if self.service == Service::Draining {
            return self.door.turn_away(now, &arrival);
        }
        let mut called = arrival.called.clone();
        if shop_called(&self.plan, &called).is_none() {
            called.retain(|user| Some(user) != account);
        }
        let Decided { shop, caller: _, action, shown, facts } = self.decided(now, arrival.caller.identity(), &called);
        let begin = match (arrival.unservable(), action) {
            (Some(answer), Action::Ring(_) | Action::TakeMessage { .. }) => Begin::Unservable(answer),
            (None, Action::TakeMessage { .. }) if !arrival.understands_the_machine() => {
                Begin::Unservable(Final::NotAcceptable)
            }
            (_, Action::Ring(ring)) => Begin::Decided(Action::Ring(self.mailboxes.put_later(ring))),
            (_, action) => Begin::Decided(action),
        };
        self.begin(now, arrival, shop, facts, begin, shown);
    }

    /// What becomes of a customer's call, whichever door it came by. It counts as one of theirs from here on.
    fn decided(&mut self, now: Now, identity: Identity<'_>, called: &[String]) -> Decided {
        let called_shop = shop_called(&self.plan, called).or_else(|| self.plan.shops.first());
        let country = called_shop.map_or(Country::UNKNOWN, |shop| shop.country);
        let language = called_shop.map(|shop| shop.language).unwrap_or_default();
        let offer = Offer { caller: CallerId::read(identity, country), called: called.to_vec() };
        let decision = decide(&self.plan, &offer, now.wall);
        let shop = decision.shop.and_then(|id| self.plan.shop(id)).cloned();
        let counted = !matches!(decision.action, Action::Refuse(_));
        let number = offer.caller.number().cloned();
        let nth = match (&shop, &number) {
            (Some(shop), Some(number)) if counted => self.callers.note_call(shop.id, number),
            // A refused call is logged as the one after those that counted.
            (Some(shop), Some(number)) => self.callers.calls(shop.id, number) + 1,
            _ => 0,
        };
        if let (Some(shop), Some(number)) = (&shop, &number) {
            self.not_needed(now, shop.id, number, &[Occasion::Missed, Occasion::Asked]);
        }
        if let (Some(shop), Action::Ring(_)) = (&shop, &decision.action) {
            self.ring_for_nobody_else(now, shop.id);
        }
        let card = |shop: &Arc<Shop>| self.callers.card(shop, &offer.caller, identity.display, language);
        let shown = Shown {
            card: shop.as_ref().map_or_else(String::new, |shop| card(shop).display(language)),
            own: shop.as_ref().and_then(|shop| self.returns(now, shop, &offer.caller, &card(shop))),
            number: match &offer.caller {
                CallerId::Known(number) => number.as_str().to_owned(),
                CallerId::Other(user) => user.clone(),
                CallerId::Withheld => String::new(),
            },
            called: shop.as_ref().and_then(|shop| shop.numbers.first()).map(|number| number.as_str().to_owned()),
        };
        let withheld = offer.caller == CallerId::Withheld;
        let facts = Facts {
            direction: Direction::In,
            caller: number,
            caller_raw: if withheld { String::new() } else { clean(identity.user) },
            caller_display: if withheld { String::new() } else { clean(identity.display) },
            withheld,
            because: decision.because,
            nth,
            made_by: None,
        };
        Decided { shop, caller: offer.caller, action: decision.action, shown, facts }
    }

    /// The row that a call begins with.
    fn first_row(
        &mut self,
        now: Now,
        shop: Option<&Arc<Shop>>,
        facts: Facts,
        called: String,
        door: Door,
        key: String,
    ) -> CallRecord {
        CallRecord {
            id: CallId(self.chance.uuid(now.wall)),
            shop: shop.map(|shop| shop.id),
            direction: facts.direction,
            caller: facts.caller,
            caller_raw: facts.caller_raw,
            caller_display: facts.caller_display,
            withheld: facts.withheld,
            called,
            door,
            key,
            started: now.wall,
            answered: None,
            ended: None,
            disposition: None,
            because: facts.because,
            ended_by: None,
            answered_by: None,
            nth_call_from_caller: facts.nth,
        }
    }

    /// The one place where a call by SIP begins.
    fn begin(&mut self, now: Now, arrival: Arrival, shop: Option<Arc<Shop>>, facts: Facts, begin: Begin, shown: Shown) {
        let made_by = facts.made_by;
        let called = clean(arrival.called.first().map_or("", String::as_str));
        let record = self.first_row(now, shop.as_ref(), facts, called, Door::Sip, arrival.key.clone());
        let id = record.id;
        self.busy_with = Some(id);
        let begin = self.with_ports(arrival.family(), begin);
        let beside = made_by.and_then(|phone| self.call_it_talks_in(phone));
        self.door.open(id, arrival, shown, beside);
        let call = Call::new(now, record, shop, begin, &self.contacts.phones).made_by(made_by);
        self.calls.insert(id, call);
        self.drain_call(now, id);
        self.busy_with = None;
        self.tell_of_free_phones(now);
    }

    fn feed(&mut self, now: Now, id: CallId, input: CallInput) {
        self.feed_alone(now, id, input);
        self.tell_of_free_phones(now);
    }

    fn feed_alone(&mut self, now: Now, id: CallId, input: CallInput) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        self.busy_with = Some(id);
        call.handle(now, input, &self.contacts.phones);
        self.drain_call(now, id);
        self.busy_with = None;
    }

    /// A phone that has hung up rings for whoever waits, before anything else happens: the oldest first.
    fn tell_of_free_phones(&mut self, now: Now) {
        while let Some((call, phone)) = self.freed.pop_front() {
            self.feed_alone(now, call, CallInput::Freed(phone));
        }
    }

    fn drain_call(&mut self, now: Now, id: CallId) {
        let shop = self.calls.get(&id).and_then(|call| call.record().shop);
        while let Some(output) = self.calls.get_mut(&id).and_then(Call::poll_output) {
            match output {
                CallOutput::Record { medium, record } => {
                    let ticket = self.ticket(Asked::Record(id));
                    self.outputs.push_back(Output::Record { ticket, medium, record });
                }
                CallOutput::Unrecorded => self.unrecorded += 1,
                CallOutput::Log(event) => {
                    self.read_event(now, &event);
                    self.outputs.push_back(Output::Log(LogEntry::Event(event)));
                }
                CallOutput::Changed(record) => {
                    if !self.calls.get(&id).is_some_and(Call::may_be_unanswered) {
                        self.note_spoken(&record);
                    }
                    self.perhaps_gave_up(now, &record);
                    self.outputs.push_back(Output::Log(LogEntry::Changed(record)));
                }
                CallOutput::Keep(message) => self.outputs.push_back(Output::Log(LogEntry::Message(message))),
                CallOutput::Notify(notice) => {
                    if let Some(shop) = shop {
                        self.notify(now, shop, notice);
                    }
                }
                CallOutput::Greet(closed) => self.greet(now, id, closed.opening()),
                CallOutput::Screen { leg } => self.screen(now, leg),
                CallOutput::Dial { leg, to } => self.dial(now, leg, &to),
                CallOutput::Lift { leg } => self.lifted(now, leg),
                CallOutput::Drilled { phone, drilled } => self.drills.note(now, phone, drilled),
                CallOutput::Dismiss { leg, why } => self.dismiss(now, leg, why),
                CallOutput::Answer { .. } => {
                    // Until now whoever has picked up could be gone before.
                    if let Some(record) = self.calls.get(&id).map(|call| call.record().clone()) {
                        self.note_spoken(&record);
                    }
                    self.at_the_door(now, id, &output);
                }
                CallOutput::Ring { .. }
                | CallOutput::Take { .. }
                | CallOutput::Join { .. }
                | CallOutput::Adopt { .. }
                | CallOutput::Succeed { .. }
                | CallOutput::Tell { .. }
                | CallOutput::Stop { .. }
                | CallOutput::HangUp { .. }
                | CallOutput::Announce
                | CallOutput::LetHear { .. }
                | CallOutput::Refuse(_)
                | CallOutput::HangUpCaller(_)
                | CallOutput::AskBoth { .. }
                | CallOutput::StopAsking { .. } => self.at_the_door(now, id, &output),
            }
        }
        let Some(call) = self.calls.get(&id) else { return };
        self.lamps.note(call);
        self.freed.extend(self.contacts.phones.note(call.age(), call.uses(), call.awaited()));
        match call.poll_timeout() {
            Some(at) => self.deadlines.set(id, at),
            None => self.deadlines.stop(id),
        }
        if call.is_over() {
            self.twilio.call_is_over(now, id, call.record());
            self.door.expect_no_more(id);
            self.deadlines.stop(id);
            self.lifts.remove(&id);
            if let Some(over) = self.calls.remove(&id) {
                self.count_talk(now, over.record());
            }
            self.dialled_by.remove(&id);
        }
    }

    /// Somebody speaks with this customer, or has.
    fn note_spoken(&mut self, record: &CallRecord) {
        let spoken = record.answered.filter(|_| record.disposition == Some(Disposition::Answered));
        if let (Some(shop), Some(number), Some(at)) = (record.shop, &record.caller, spoken) {
            self.callers.note_spoken(shop, number, record.ended.unwrap_or(at));
            for number in self.callers.numbers(shop, number) {
                self.call_backs.forget(shop, number);
            }
        }
    }

    fn drain(&mut self, now: Now) {
        self.service = Service::Draining;
        self.door.leave_trunks(now);
        for call in self.calls.keys().copied().collect::<Vec<_>>() {
            self.feed(now, call, CallInput::Closing);
        }
        // Nobody is told of what we leave ourselves.
        self.down = trunks::Down::default();
    }

    fn ticket(&mut self, asked: Asked) -> Ticket {
        let ticket = self.next_ticket();
        self.asked.insert(ticket, asked);
        ticket
    }

    fn next_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        Ticket(self.last_ticket)
    }
}
