//! The whole pure machine. Inputs go in with the time they came at, outputs are polled until there are none, and the
//! next deadline says when to come back at the latest:
//!
//! ```text
//! loop { wait(poll_timeout); handle(now, input); while let Some(output) = poll_output() { perform(output) } }
//! ```

mod abandoning;
mod arriving;
mod before_opening;
mod between_phones;
mod calling_back;
mod calling_out;
mod contacts;
mod dictations;
mod drills;
mod event;
mod lamps;
mod left_ringing;
mod live;
mod mailboxes;
mod notices;
mod picking_up;
mod receiving;
mod right_now;
mod settings;
mod sound;
mod transfers;
mod trunks;
mod twilio;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::call::Occasion;
use crate::call::event::{Input as CallInput, Output as CallOutput};
use crate::call::leg::BindingId;
use crate::call::record::{CallId, CallRecord, Direction, Disposition, Door};
use crate::caller::Callers;
use crate::chance::Chance;
use crate::door::sip::{Origin, SipDoor, Told};
use crate::door::twilio::TwilioDoor;
use crate::media::{self, Family, Ports};
use crate::now::{Mono, Now, UnixMs};
use crate::routing::plan::{PhoneId, Plan, ShopId};
use crate::sip::budget::Spent;
use crate::sip::endpoint::ServerTx;
use crate::sip::flow;
use crate::sip::locate::{self, Found};
use crate::sip::message_summary::Waiting;
use crate::sip::transaction::timer::Deadlines;
use crate::sip::wire::{self, Framing};
use crate::utterance::Names;

pub use crate::call::event::{Medium, NotRung};
pub use crate::sip::gate::Acquaintances;
pub use crate::sip::hop::{FlowId, Hop as Route, Protocol, ServerName, SocketId, Transport};
pub use crate::sip::trunk::{Change, Why};

pub use calling_back::{Purpose, RETURNS_WITHIN};
pub use calling_out::WentOut;
pub use dictations::{Dictation, OwnText};
pub use event::{Admitted, Input, LogEntry, Output, Ticket};
pub use left_ringing::{LeftRinging, Rang};
pub use mailboxes::Keyless;
pub use notices::{Due, Standing};
pub use right_now::{Doing, PhoneBecause, PhoneNow, RightNow, ShopNow};
pub use settings::Settings;

use abandoning::Busy;
use arriving::{Decided, Facts, clean};
use contacts::Contacts;
use live::LiveCalls;
use notices::Notices;
use sound::Shelf;

/// Counters that return to their start when idle (DESIGN §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    pub calls_live: usize,
    pub legs: usize,
    pub transactions: usize,
    /// Ports, not pairs: two a pair.
    pub ports_used: usize,
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
    calls: LiveCalls,
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
    /// Should handling an input panic, this one ends.
    busy_with: Option<Busy>,
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
    dictations: dictations::Dictations,
    before_opening: before_opening::BeforeOpening,
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
        let stock = ports.lanes().flat_map(|lane| families.iter().map(move |&family| Shelf::empty(lane, family)));
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
            calls: LiveCalls::default(),
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
            dictations: dictations::Dictations::default(),
            before_opening: before_opening::BeforeOpening::default(),
            dialled_by: HashMap::new(),
            down: trunks::Down::default(),
            refused: HashMap::new(),
            lamps: lamps::Lamps::default(),
            waiting: HashMap::new(),
        };
        switchboard.keep_stocked(None);
        switchboard
    }

    /// Something happened. Poll the outputs until there are none before the next input.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        self.busy_with = None;
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
                    if self.spend(now, &hop, bytes) == Spent::Within
                        && let Err(unreadable) = wire::read(bytes, Framing::Stream)
                    {
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
            Input::LogRestored { callers, counted } => self.log_restored(callers, &counted),
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
            Input::DictationForgotten { shop, at } => self.dictations.forget(shop, at),
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
        self.come_to_rest(now);
    }

    /// What to do, until there is no more.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is wanted at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let own = [self.deadlines.next(), self.contacts.again.next(), self.notices.next(), self.down.next()];
        let own =
            own.into_iter().chain([self.call_backs.next(), self.before_opening.next(), self.twilio.poll_timeout()]);
        let own = own.chain([self.dictations.next()]);
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

    fn timeout(&mut self, now: Now) {
        self.door.handle_timeout(now);
        self.webhooks_due(now);
        // Each once: a call that named a past instant again must not keep the others waiting.
        let due: Vec<CallId> = std::iter::from_fn(|| self.deadlines.pop_due(now.mono)).collect();
        for call in due {
            self.feed(now, call, CallInput::Timeout);
        }
        while let Some(binding) = self.contacts.again.pop_due(now.mono) {
            self.resolve(now, binding);
        }
        self.call_backs_due(now);
        self.openings_due(now);
        self.dictations.due(now);
        self.trunks_due(now);
        self.notices_due(now);
    }

    fn come_to_rest(&mut self, now: Now) {
        self.settle(now);
        self.answer_webhooks(now);
        self.settle(now);
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
        self.keep_stocked(Some(now.mono));
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
