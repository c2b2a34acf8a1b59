//! The world of a story: one clock, one queue ordered by (time, turn), far ends at addresses, and the machine in the
//! middle. Just another driver: it hands in what happens, drains what is asked, and comes back at the deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ringall::call::record::{CallEvent, CallId, CallRecord, Disposition, EventKind, VoiceMessage};
use ringall::caller::Callers;
use ringall::config::{Srtp, Trunk};
use ringall::media::relay::Verdict;
use ringall::media::{Fact, Kept};
use ringall::now::{Mono, UnixMs};
use ringall::number::Number;
use ringall::routing::plan::{PhoneId, ShopId};
use ringall::routing::{Because, Plan};
use ringall::sip::locate::Server;
use ringall::sip::message_summary::Waiting;
use ringall::sip::registrar::KeptUser;
use ringall::switchboard::{
    Acquaintances, Change, Due, FlowId, Input, Keyless, LeftRinging, LogEntry, Medium, NotRung, Output, Protocol,
    Purpose, Rang, RightNow, Route, SocketId, Ticket, WentOut,
};
use ringall::twilio::work::Recording;
use ringall::utterance::Names;

use crate::carrier_sip::Says;
use crate::carrier_twilio::{Deed, Post, Twilio};
use crate::fake_media::{FakeMedia, Later};
use crate::far_end::{FarEnd, Line};
use crate::gateway::{GATEWAY, Gateway, SECOND, Taken};
use crate::machine::{self, INSIDE, OUTSIDE, Router, SHOP, SHOP_V6, Switchboard, WayOut, is_shop, shop_for};
use crate::network::Network;
use crate::registrar::{Mood, Registrar};
use crate::stream::Streams;
use crate::text::Text;
use crate::trace::{Sent, Trace};

/// Friday, 20 November 2026, 10:00 UTC.
const MORNING: UnixMs = UnixMs(1_795_168_800_000);
/// More steps than this without the clock moving is a machine that runs in circles.
const STEPS_AT_ONE_INSTANT: usize = 10_000;

pub struct World {
    pub now: Duration,
    pub network: Network,
    pub far_ends: Vec<FarEnd>,
    pub machine: Option<Switchboard>,
    pub router: Router,
    pub media: FakeMedia,
    pub store: Store,
    pub streams: Streams,
    /// From where connections are no strangers'.
    pub acquaintances: Arc<Acquaintances>,
    /// Connections of the shop to carriers that it registers with, by their place below.
    pub carriers: BTreeMap<FlowId, usize>,
    pub trace: Trace,
    /// As it was last handed in.
    pub plan: Plan,
    /// Carriers that we register with.
    pub registrars: Vec<Registrar>,
    /// The way to cells.
    pub gateway: Gateway,
    pub way_out: WayOut,
    /// The trunks that the shop registers with.
    pub registered: Vec<Trunk>,
    /// Whoever calls by webhook is there.
    pub twilio: Twilio,
    /// What is in a recording that is fetched from there.
    pub recorded_there: Kept,
    /// Names and where they lead; any other name leads nowhere.
    pub names: BTreeMap<String, Vec<SocketAddr>>,
    /// So many of the next questions for names are never answered.
    pub unanswered: usize,
    /// Names with servers of different priority, which have no addresses of their own.
    pub servers: BTreeMap<String, Vec<(u16, SocketAddr)>>,
    /// What the owner is told of the trunks.
    pub trunks: Vec<(Duration, String, Change)>,
    /// And of what is wrong in their shops.
    pub notices: Vec<(Duration, ShopId, Due)>,
    seen: Option<Box<RightNow>>,
    rung: Option<Result<(), NotRung>>,
    queue: BTreeMap<(Duration, u64), Event>,
    turn: u64,
}

enum Event {
    Arrives {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    /// A stream has brought a message to the shop, or to the far end at its other end.
    Streamed {
        flow: FlowId,
        to_shop: bool,
        bytes: Vec<u8>,
    },
    FlowAccepted {
        flow: FlowId,
        protocol: Protocol,
        from: SocketAddr,
    },
    FlowClosed {
        flow: FlowId,
    },
    /// A stream has brought what is no message.
    Garbled {
        flow: FlowId,
    },
    FlowFailed {
        flow: FlowId,
    },
    Durable {
        ticket: Ticket,
        medium: Medium,
        record: Box<CallRecord>,
    },
    Kept {
        ticket: Ticket,
        user: String,
        kept: KeptUser,
    },
    Resolved {
        ticket: Ticket,
        routes: Vec<Route>,
    },
    Located {
        ticket: Ticket,
        servers: Vec<Server>,
    },
    Media(Fact),
    /// Twilio asks or tells.
    Posted(Post),
    /// What Twilio has recorded is on our disk.
    Fetched {
        call: CallId,
        recording: Option<Recording>,
    },
}

/// The log, its journal, and how long each takes.
#[derive(Debug)]
pub struct Store {
    /// `None`: it stalls.
    pub latency: Option<Duration>,
    pub journal_latency: Option<Duration>,
    pub rows: BTreeMap<CallId, CallRecord>,
    pub events: Vec<CallEvent>,
    pub messages: Vec<VoiceMessage>,
    /// When each call's row became durable, and where.
    pub durable: Vec<(Duration, CallId, Medium)>,
    /// When each was asked for.
    pub asked: Vec<(Duration, CallId, Medium)>,
    /// Where the phones that register are, as a restart will find them.
    pub registrations: BTreeMap<String, KeptUser>,
    stalled: Vec<(Ticket, Medium, Box<CallRecord>)>,
}

impl World {
    pub fn new(network: Network) -> World {
        World {
            now: Duration::ZERO,
            network,
            far_ends: Vec::new(),
            machine: None,
            router: Router::None,
            media: FakeMedia::default(),
            store: Store {
                latency: Some(Duration::from_millis(1)),
                journal_latency: Some(Duration::from_millis(1)),
                rows: BTreeMap::new(),
                events: Vec::new(),
                messages: Vec::new(),
                durable: Vec::new(),
                asked: Vec::new(),
                registrations: BTreeMap::new(),
                stalled: Vec::new(),
            },
            registrars: Vec::new(),
            gateway: Gateway::default(),
            way_out: WayOut::default(),
            registered: Vec::new(),
            twilio: Twilio::default(),
            recorded_there: Kept::Message { length: Duration::from_secs(9), voice: Duration::from_secs(7) },
            names: BTreeMap::new(),
            unanswered: 0,
            servers: BTreeMap::new(),
            trunks: Vec::new(),
            notices: Vec::new(),
            plan: Plan::default(),
            streams: Streams::default(),
            acquaintances: Arc::default(),
            carriers: BTreeMap::new(),
            trace: Trace { names: [SHOP, SHOP_V6].map(|shop| (shop, "shop".to_owned())).into(), ..Trace::default() },
            seen: None,
            rung: None,
            queue: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Puts a far end at its address; the answer is its place in `far_ends`.
    pub fn add(&mut self, far_end: FarEnd) -> usize {
        assert!(self.far_ends.iter().all(|other| other.address != far_end.address), "two at one address");
        self.trace.names.push((far_end.address, far_end.name.clone()));
        self.far_ends.push(far_end);
        self.far_ends.len() - 1
    }

    pub fn change_plan(&mut self, plan: Plan) {
        self.plan = plan.clone();
        self.hand_in(Input::PlanChanged(Arc::new(plan)));
    }

    /// A voice has spoken these names.
    pub fn speak_names(&mut self, names: Names) {
        self.hand_in(Input::NamesSpoken(names));
    }

    /// A backup was put back, with a log of these callers. It counts calls whose row is in the store, not in the journal.
    pub fn log_restored(&mut self, callers: Callers) {
        let stored = self.store.durable.iter().filter(|(_, _, medium)| *medium == Medium::Store);
        let counted = stored.map(|(_, call, _)| *call).collect();
        self.hand_in(Input::LogRestored { callers, counted });
    }

    pub fn messages_wait(&mut self, waiting: Vec<(ShopId, Waiting)>) {
        self.hand_in(Input::MessagesWaiting(waiting));
    }

    /// The service is killed and starts again: what was under way inside it is gone, what was stored is there.
    pub fn restart(&mut self, seed: u64, plan: Plan) {
        let kept = self.store.registrations.clone().into_iter().collect();
        let callers = Callers::default();
        let srtp = Srtp::Preferred;
        let registered = self.registered.clone();
        let machine = machine::start(seed, callers, kept, registered, self.router, srtp, &self.way_out);
        self.machine = Some(machine);
        self.media = FakeMedia::default();
        self.streams = Streams::default();
        self.carriers.clear();
        let inside = |event: &Event| !matches!(event, Event::Arrives { .. });
        self.queue.retain(|_, event| !inside(event));
        self.change_plan(plan);
        let given = |row: &CallRecord| {
            self.store.events.iter().any(|event| event.call == row.id && event.kind == EventKind::Transferred)
        };
        let rings = |row: &&CallRecord| row.ended.is_none() && (row.answered.is_none() || given(row));
        let left = self.store.rows.values().filter(rings).filter_map(|row| {
            let number = row.caller.as_ref().filter(|_| !row.withheld).map_or("", |number| number.as_str()).to_owned();
            let rang = match row.because {
                Because::CalledOut => Rang::Outside(row.caller.clone()?),
                Because::CalledForHelp => Rang::Help(row.called.clone()),
                _ => Rang::Phones { number },
            };
            Some(LeftRinging { call: row.id, shop: row.shop?, rang })
        });
        let left = left.collect();
        self.hand_in(Input::LeftRinging(left));
        let mut keyless: BTreeMap<Arc<str>, u32> = BTreeMap::new();
        for event in &self.store.events {
            match (&event.phone, event.kind) {
                (Some(phone), EventKind::NoKey) => *keyless.entry(phone.clone()).or_default() += 1,
                (Some(phone), EventKind::Answered) => {
                    keyless.remove(phone);
                }
                _ => {}
            }
        }
        let shop = self.plan.shops[0].id;
        let keyless = keyless.into_iter().map(|(phone, times)| Keyless { shop, phone: phone.to_string(), times });
        let keyless = keyless.collect();
        self.hand_in(Input::Keyless(keyless));
        let out = self.store.rows.values().filter(|row| row.because == Because::CalledOut);
        let out = out.filter(|row| row.disposition != Some(Disposition::Refused));
        let went = |row: &CallRecord| {
            let talked = row.answered.zip(row.ended).map_or(0, |(answered, ended)| ended.since(answered));
            Some(WentOut { shop: row.shop?, at: row.started, talked: Duration::from_millis(talked) })
        };
        let out = out.filter_map(went).collect();
        self.hand_in(Input::GoneOut(out));
    }

    /// What the clock on the wall shows.
    pub fn wall(&self) -> UnixMs {
        self.wall_at(self.now)
    }

    /// What it shows at another time of the story.
    pub fn wall_at(&self, at: Duration) -> UnixMs {
        machine::at(MORNING, at).wall
    }

    /// What the owner sees now.
    pub fn right_now(&mut self) -> RightNow {
        self.hand_in(Input::Look { ticket: Ticket(0) });
        *self.seen.take().expect("a look is answered at once")
    }

    /// Somebody at the page has this phone rung.
    pub fn ring_phone(&mut self, phone: PhoneId, purpose: Purpose) -> Result<(), NotRung> {
        self.hand_in(Input::RingPhone { ticket: Ticket(0), phone, purpose });
        self.rung.take().expect("a wish is answered at once")
    }

    /// Somebody at the page has taken it on to call this customer.
    pub fn take_on(&mut self, shop: ShopId, number: Number) {
        self.hand_in(Input::TakenOn { shop, number });
    }

    /// What somebody has said at a phone is of no use any more.
    pub fn forget_dictation(&mut self, shop: ShopId, at: UnixMs) {
        self.hand_in(Input::DictationForgotten { shop, at });
    }

    /// The service is to stop.
    pub fn drain(&mut self) {
        self.hand_in(Input::Drain);
    }

    /// Lets one far end act now, and sends what it says.
    pub fn act<T>(&mut self, who: usize, act: impl FnOnce(&mut FarEnd, Duration) -> T) -> T {
        let done = act(&mut self.far_ends[who], self.now);
        self.flush(who);
        done
    }

    pub fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        if is_line_ends(&bytes) {
            self.enqueue(self.network.latency, Event::Arrives { from, to, bytes });
            return;
        }
        let text = Text::read(&bytes);
        let arrivals = self.network.carry(from, to, &text.label());
        self.trace.sent.push(Sent { at: self.now, from, to, text, lost: arrivals.is_empty() });
        for after in arrivals {
            self.enqueue(after, Event::Arrives { from, to, bytes: bytes.clone() });
        }
    }

    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        let (mut instant, mut steps) = (self.now, 0);
        while let Some(due) = self.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            steps = if self.now == instant { steps + 1 } else { 0 };
            instant = self.now;
            assert!(steps < STEPS_AT_ONE_INSTANT, "the world runs in circles at {:?}", self.now);
            self.step();
            self.twilio_looks();
        }
        self.now = end;
    }

    /// A packet of sound comes from here to this port of the shop; what leaves, and where to.
    pub fn packet(&mut self, from: SocketAddr, to_port: u16, mut packet: Vec<u8>) -> Option<(SocketAddr, Vec<u8>)> {
        let (verdict, facts) = self.media.packet(self.now, from, to_port, &mut packet);
        self.tell(facts);
        match verdict {
            Verdict::Forward { to } => Some((to, packet)),
            Verdict::Drop(_) => None,
        }
    }

    /// Twilio, or somebody there, does something.
    pub fn at_twilio(&mut self, act: impl FnOnce(&mut Twilio, Duration) -> Vec<Deed>) {
        let deeds = act(&mut self.twilio, self.now);
        self.do_for_twilio(deeds);
    }

    fn do_for_twilio(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Post(after, post) => self.enqueue(after, Event::Posted(post)),
                Deed::Call(at, from, token) => {
                    let who = self.twilio.calls[at].who;
                    let mut says = Says::calling(&token);
                    says.from = format!("<sip:{from}@twilio.example>");
                    let shop = shop_for(self.far_ends[who].address);
                    self.act(who, |far_end, now| far_end.call(now, shop, &says));
                    self.twilio.calls_by(at, self.far_ends[who].legs.len() - 1);
                }
                Deed::HangUp(who, leg) => self.act(who, |far_end, now| far_end.hang_up(now, leg)),
            }
        }
    }

    fn twilio_looks(&mut self) {
        let far_ends = &self.far_ends;
        let deeds = self.twilio.looks(|who, leg| (far_ends[who].legs[leg].phase, far_ends[who].legs[leg].end));
        self.do_for_twilio(deeds);
    }

    /// What stalled in the store or the journal gets through now.
    pub fn release_stalled(&mut self) {
        for (ticket, medium, record) in std::mem::take(&mut self.store.stalled) {
            self.record(ticket, medium, record);
        }
    }

    fn next_due(&self) -> Option<Duration> {
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let machine = self.machine.as_ref().and_then(|machine| machine.poll_timeout()).map(|Mono(at)| at);
        let far_ends = self.far_ends.iter().filter_map(FarEnd::deadline);
        let twilio = self.twilio.deadline();
        queued.into_iter().chain(twilio).chain(machine).chain(self.media.deadline()).chain(far_ends).min()
    }

    /// One thing that is due: the machine's timers first, as the driver has it, then what arrives, then the far ends.
    fn step(&mut self) {
        let due = |at: Option<Duration>, now| at.is_some_and(|at| at <= now);
        if due(self.machine.as_ref().and_then(|machine| machine.poll_timeout()).map(|Mono(at)| at), self.now) {
            return self.hand_in(Input::Timeout);
        }
        if due(self.media.deadline(), self.now) {
            let facts = self.media.tick(self.now);
            return self.tell(facts);
        }
        if let Some(first) = self.queue.first_entry().filter(|first| first.key().0 <= self.now) {
            let event = first.remove();
            return self.happen(event);
        }
        if due(self.twilio.deadline(), self.now) {
            let deeds = self.twilio.tick(self.now);
            return self.do_for_twilio(deeds);
        }
        if let Some(who) = self.far_ends.iter().position(|far_end| due(far_end.deadline(), self.now)) {
            self.act(who, FarEnd::tick);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrives { from, to, bytes } if self.machine.is_some() && is_shop(to) => {
                let to = if to == OUTSIDE { SHOP } else { to };
                let socket = SocketId(u8::from(to == SHOP_V6));
                let (now, machine) = (machine::at(MORNING, self.now), self.machine.as_mut().expect("looked for above"));
                if let Some(datagram) = machine.admit(now, socket, from, &bytes) {
                    self.hand_in(Input::Datagram { datagram, local: to.ip() });
                }
            }
            Event::Streamed { flow, to_shop: true, bytes } => self.hand_in(Input::Received { flow, bytes: &bytes }),
            Event::Streamed { flow, to_shop: false, bytes } if self.carriers.contains_key(&flow) => {
                self.carrier_hears(flow, &bytes);
            }
            Event::Streamed { flow, to_shop: false, bytes } => {
                if let Some(who) = self.streams.peer(flow) {
                    let from = shop_for(self.far_ends[who].address);
                    self.act(who, |far_end, now| far_end.receive(now, from, &bytes));
                }
            }
            Event::FlowAccepted { flow, protocol, from } => {
                self.hand_in(Input::FlowAccepted { flow, protocol, from, local: shop_for(from).ip() });
            }
            Event::Garbled { flow } => self.hand_in(Input::Garbled { flow, bytes: b"\0\r\n\r\n" }),
            Event::FlowClosed { flow } => self.hand_in(Input::FlowClosed { flow }),
            Event::FlowFailed { flow } => self.hand_in(Input::FlowFailed { flow }),
            Event::Arrives { from, to, bytes } => {
                if let Some(who) = self.registrars.iter().position(|registrar| registrar.address == to) {
                    if self.registrars[who].lets_call(&bytes) {
                        return self.through_the_gateway(from, to, &bytes);
                    }
                    if let Some(answer) = self.registrars[who].receive(self.now, &bytes) {
                        self.send(to, from, answer.into_bytes());
                    }
                    return;
                }
                if [GATEWAY, SECOND].contains(&to) {
                    return self.through_the_gateway(from, to, &bytes);
                }
                if let Some(who) = self.far_ends.iter().position(|far_end| far_end.address == to) {
                    if is_line_ends(&bytes) {
                        self.far_ends[who].line_ends.push(bytes);
                        return;
                    }
                    self.act(who, |far_end, now| far_end.receive(now, from, &bytes));
                }
            }
            Event::Durable { ticket, medium, record } => {
                self.trace.note(self.now, format!("row durable ({medium:?})"));
                self.store.durable.push((self.now, record.id, medium));
                self.store.rows.entry(record.id).or_insert(*record);
                self.hand_in(Input::Recorded { ticket });
            }
            Event::Kept { ticket, user, kept } => {
                self.store.registrations.insert(user, kept);
                self.hand_in(Input::BindingsKept { ticket });
            }
            Event::Located { ticket, servers } => self.hand_in(Input::Located { ticket, servers }),
            Event::Resolved { ticket, routes } => self.hand_in(Input::Resolved { ticket, routes }),
            Event::Media(fact) => self.hand_in(Input::Media(fact)),
            Event::Posted(post) => {
                self.trace.note(self.now, format!("Twilio: {} {}", post.path, post.form));
                if let Some((ticket, webhook)) = self.twilio.sends(self.now, post) {
                    self.hand_in(Input::Webhook { ticket: Ticket(ticket), webhook: Box::new(webhook) });
                }
            }
            Event::Fetched { call, recording } => {
                let kept = if recording.is_some() { self.recorded_there } else { Kept::Nothing };
                self.hand_in(Input::RecordingFetched { call, recording, kept });
            }
        }
    }

    /// One input, and all its outputs, as every driver must.
    fn hand_in(&mut self, input: Input<'_>) {
        let now = machine::at(MORNING, self.now);
        let machine = self.machine.as_mut().expect("only a world with a machine has inputs for it");
        machine.handle(now, input);
        self.perform_all();
    }

    fn perform_all(&mut self) {
        let machine = self.machine.as_mut().expect("it has just been told something");
        let outputs: Vec<Output> = std::iter::from_fn(|| machine.poll_output()).collect();
        for output in outputs {
            self.perform(output);
        }
    }

    /// A bug of ours ends the call that began last, as the driver has the machine do once an input of that call has panicked.
    pub fn break_newest_call(&mut self) {
        let now = machine::at(MORNING, self.now);
        let machine = self.machine.as_mut().expect("a machine");
        let newest = machine.live_calls().pop().expect("a live call");
        machine.abandon(now, newest);
        self.trace.note(self.now, "a bug ends the newest call".to_owned());
        self.perform_all();
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Send { socket, to, bytes } => {
                let socket = machine::interfaces().sockets[usize::from(socket.0)];
                let translated = self.router == Router::Translates && !INSIDE.contains(to.ip());
                self.send(if translated { OUTSIDE } else { socket }, to, bytes)
            }
            Output::Connect { flow, protocol, to, .. } => self.connect(flow, protocol, to),
            Output::Write { flow, bytes } => self.write(flow, bytes),
            Output::Trust { flow } => {
                self.streams.trusted.insert(flow);
            }
            Output::Acquaintances(known) => self.acquaintances = known,
            Output::Close { flow } => {
                if self.streams.close(flow) | self.carriers.remove(&flow).is_some() {
                    self.enqueue(Duration::ZERO, Event::FlowClosed { flow });
                }
            }
            Output::Record { ticket, medium, record } => {
                self.store.asked.push((self.now, record.id, medium));
                self.record(ticket, medium, record);
            }
            Output::KeepBindings { ticket, user, kept } => {
                // One that stalls is not kept.
                if let Some(latency) = self.store.latency {
                    self.enqueue(latency, Event::Kept { ticket, user, kept });
                }
            }
            Output::Log(LogEntry::Changed(record)) => {
                assert!(
                    self.store.rows.contains_key(&record.id) || self.store.is_asked(record.id),
                    "a row from nowhere"
                );
                self.store.rows.insert(record.id, *record);
            }
            Output::Log(LogEntry::Message(message)) => {
                assert!(self.store.rows.contains_key(&message.call), "a message of no call");
                self.store.messages.push(message);
            }
            Output::Log(LogEntry::Event(event)) => {
                self.trace.note(
                    self.now,
                    format!("{:?} {} {}", event.kind, event.phone.as_deref().unwrap_or(""), event.detail),
                );
                self.store.events.push(event);
            }
            Output::Media(command) => {
                let facts = self.media.perform(self.now, command);
                self.tell(facts);
            }
            Output::Resolve { .. } | Output::Locate { .. } if self.unanswered > 0 => self.unanswered -= 1,
            Output::Resolve { ticket, protocol, host, port } => {
                let port = port.unwrap_or(protocol.default_port());
                let address = host.parse().ok().map(|ip| SocketAddr::new(ip, port));
                let found = address.into_iter().chain(self.names.get(&host).into_iter().flatten().copied());
                let interfaces = machine::interfaces();
                let routes = found.filter_map(|to| interfaces.hop_out(protocol, to, shop_for(to).ip())).collect();
                let event = Event::Resolved { ticket, routes };
                self.enqueue(Duration::from_millis(1), event);
            }
            Output::Locate { ticket, protocol, host } => {
                let interfaces = machine::interfaces();
                let protocol = protocol.unwrap_or(Protocol::Udp);
                let hop = |to: SocketAddr| interfaces.hop_out(protocol, to, shop_for(to).ip());
                let servers = match self.servers.get(&host) {
                    Some(servers) => {
                        let server =
                            |&(priority, to)| Server { priority, weight: 0, hops: hop(to).into_iter().collect() };
                        servers.iter().map(server).collect()
                    }
                    None => {
                        let found = self.names.get(&host).into_iter().flatten().copied();
                        let hops: Vec<Route> = found.filter_map(hop).collect();
                        if hops.is_empty() { Vec::new() } else { vec![Server { priority: 0, weight: 0, hops }] }
                    }
                };
                self.enqueue(Duration::from_millis(1), Event::Located { ticket, servers });
            }
            Output::Seen { view, .. } => self.seen = Some(view),
            Output::PhoneRings { outcome, .. } => self.rung = Some(outcome),
            Output::Reply { ticket, document } => {
                let deeds = self.twilio.replied(self.now, ticket.0, document.write());
                self.do_for_twilio(deeds);
            }
            Output::Twilio(work) => {
                self.trace.note(self.now, format!("asked of Twilio: {work:?}"));
                let (deeds, fetch) = self.twilio.is_asked(work);
                self.do_for_twilio(deeds);
                if let Some((call, recording)) = fetch {
                    self.enqueue(Duration::from_millis(300), Event::Fetched { call: CallId(call), recording });
                }
            }
            Output::Trunk { name, change } => {
                self.trace.note(self.now, format!("trunk {name}: {change:?}"));
                self.trunks.push((self.now, name, change));
            }
            Output::Notify { shop, due } => {
                self.trace.note(self.now, format!("notice to the owner of {shop:?}: {due:?}"));
                self.notices.push((self.now, shop, due));
            }
        }
    }

    fn record(&mut self, ticket: Ticket, medium: Medium, record: Box<CallRecord>) {
        let latency = if medium == Medium::Store { self.store.latency } else { self.store.journal_latency };
        match latency {
            Some(latency) => self.enqueue(latency, Event::Durable { ticket, medium, record }),
            None => self.store.stalled.push((ticket, medium, record)),
        }
    }

    fn flush(&mut self, who: usize) {
        for (to, text) in self.far_ends[who].take_out() {
            self.say_to(who, to, text.into_bytes());
        }
    }

    /// A far end sends these bytes to the shop.
    pub fn say(&mut self, who: usize, bytes: Vec<u8>) {
        self.say_to(who, shop_for(self.far_ends[who].address), bytes);
    }

    fn say_to(&mut self, who: usize, to: SocketAddr, bytes: Vec<u8>) {
        let FarEnd { address, line, .. } = self.far_ends[who];
        match line {
            Line::Registrar => self.by_carrier(None, bytes),
            Line::Datagrams => {
                let from = self.gateway.seen_from(who, &bytes).unwrap_or(address);
                if self.carriers.values().any(|at| self.registrars[*at].address == from) {
                    return self.by_carrier(Some(from), bytes);
                }
                self.send(from, to, bytes);
            }
            Line::Stream | Line::Encrypted | Line::WebSocket => self.stream_to_shop(who, bytes),
            Line::Unplugged => {}
        }
    }

    fn through_the_gateway(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        match self.gateway.take(self.now, to, bytes) {
            Taken::To(who) => self.act(who, |far_end, now| far_end.receive(now, from, bytes)),
            Taken::Answered(answer) => self.send(to, from, answer.into_bytes()),
            Taken::Nothing => {}
        }
    }

    /// By the connection a far end has, or else by a new one from a port of its own.
    fn stream_to_shop(&mut self, who: usize, bytes: Vec<u8>) {
        let FarEnd { address, line, .. } = self.far_ends[who];
        let protocol = match line {
            Line::Encrypted => Protocol::Tls,
            Line::WebSocket => Protocol::Ws,
            _ => Protocol::Tcp,
        };
        let latency = self.network.latency;
        let flow = self.streams.of(who).unwrap_or_else(|| {
            let flow = self.streams.accept(who);
            // Two of one address do not come from one port.
            let from = SocketAddr::new(address.ip(), 49_152 + address.port() % 1000);
            self.enqueue(latency, Event::FlowAccepted { flow, protocol, from });
            flow
        });
        let text = Text::read(&bytes);
        self.trace.sent.push(Sent { at: self.now, from: address, to: shop_for(address), text, lost: false });
        self.enqueue(latency, Event::Streamed { flow, to_shop: true, bytes });
    }

    /// A carrier that the shop has registered with says this by their connection; nothing when there is none.
    fn by_carrier(&mut self, carrier: Option<SocketAddr>, bytes: Vec<u8>) {
        let is_it = |at: &usize| carrier.is_none_or(|carrier| self.registrars[*at].address == carrier);
        let Some((&flow, &at)) = self.carriers.iter().find(|(_, at)| is_it(at)) else { return };
        let from = self.registrars[at].address;
        self.trace.sent.push(Sent { at: self.now, from, to: shop_for(from), text: Text::read(&bytes), lost: false });
        self.enqueue(self.network.latency, Event::Streamed { flow, to_shop: true, bytes });
    }

    /// The shop has said this to a carrier by their connection.
    fn carrier_hears(&mut self, flow: FlowId, bytes: &[u8]) {
        let registrar = &mut self.registrars[self.carriers[&flow]];
        let at = registrar.address;
        let registers = is_line_ends(bytes) || Text::read(bytes).method() == Some("REGISTER");
        if !registers {
            let call_id = Text::read(bytes).must("call-id").to_owned();
            let has_it = |far_end: &FarEnd| {
                far_end.line == Line::Registrar && far_end.legs.iter().any(|leg| leg.call_id == call_id)
            };
            if let Some(who) = self.far_ends.iter().position(has_it) {
                return self.act(who, |far_end, now| far_end.receive(now, shop_for(at), bytes));
            }
            if registrar.lets_call(bytes) {
                return match self.gateway.take(self.now, at, bytes) {
                    Taken::To(who) => self.act(who, |far_end, now| far_end.receive(now, shop_for(at), bytes)),
                    Taken::Answered(answer) => self.by_carrier(Some(at), answer.into_bytes()),
                    Taken::Nothing => {}
                };
            }
        }
        if let Some(answer) = registrar.receive(self.now, bytes) {
            self.by_carrier(Some(at), answer.into_bytes());
        }
    }

    /// Every connection of the shop to a carrier that it registers with breaks.
    pub fn break_carriers(&mut self) {
        for flow in std::mem::take(&mut self.carriers).into_keys() {
            self.trace.note(self.now, format!("{flow:?} broke"));
            self.enqueue(self.network.latency, Event::FlowClosed { flow });
        }
    }

    fn connect(&mut self, flow: FlowId, protocol: Protocol, to: SocketAddr) {
        let takes =
            |registrar: &Registrar| (registrar.address, registrar.by) == (to, protocol) && registrar.mood != Mood::Gone;
        if let Some(at) = self.registrars.iter().position(takes) {
            self.carriers.insert(flow, at);
            return;
        }
        let line = if protocol == Protocol::Tls { Line::Encrypted } else { Line::Stream };
        let listens = |far_end: &FarEnd| far_end.address == to && far_end.line == line;
        match self.far_ends.iter().position(listens) {
            Some(who) => self.streams.open(flow, who),
            None => {
                self.trace.note(self.now, format!("no connection to {to}"));
                self.enqueue(self.network.latency, Event::FlowFailed { flow });
            }
        }
    }

    fn write(&mut self, flow: FlowId, bytes: Vec<u8>) {
        if let Some(&at) = self.carriers.get(&flow) {
            let to = self.registrars[at].address;
            if !is_line_ends(&bytes) {
                let text = Text::read(&bytes);
                self.trace.sent.push(Sent { at: self.now, from: shop_for(to), to, text, lost: false });
            }
            return self.enqueue(self.network.latency, Event::Streamed { flow, to_shop: false, bytes });
        }
        let Some(who) = self.streams.peer(flow) else { return };
        let to = self.far_ends[who].address;
        let text = Text::read(&bytes);
        self.trace.sent.push(Sent { at: self.now, from: shop_for(to), to, text, lost: false });
        self.enqueue(self.network.latency, Event::Streamed { flow, to_shop: false, bytes });
    }

    /// The connection of this far end brings what is no message.
    pub fn garble(&mut self, who: usize) {
        let flow = self.streams.of(who).expect("somebody with a connection");
        self.enqueue(self.network.latency, Event::Garbled { flow });
    }

    /// Every connection of this far end breaks.
    pub fn break_streams(&mut self, who: usize) {
        for flow in self.streams.break_all(who) {
            self.trace.note(self.now, format!("{flow:?} broke"));
            self.enqueue(self.network.latency, Event::FlowClosed { flow });
        }
    }

    pub fn tell(&mut self, facts: Vec<Later>) {
        for (after, fact) in facts {
            self.enqueue(after, Event::Media(fact));
        }
    }

    fn enqueue(&mut self, after: Duration, event: Event) {
        self.turn += 1;
        self.queue.insert((self.now + after, self.turn), event);
    }
}

/// No message, but a keep-alive or its answer.
fn is_line_ends(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| b"\r\n".contains(byte))
}

impl Store {
    fn is_asked(&self, call: CallId) -> bool {
        self.asked.iter().any(|(_, asked, _)| *asked == call)
    }

    /// Everything is looked at.
    pub fn forget_the_past(&mut self) {
        self.rows.clear();
        self.events.clear();
        self.messages.clear();
        self.durable.clear();
        self.asked.clear();
    }

    /// The events of a call run 1..n without a gap, and no row is without its call (DESIGN §5, L5).
    pub fn check_events(&self) {
        let calls: BTreeSet<CallId> = self.events.iter().map(|event| event.call).collect();
        for call in calls {
            assert!(self.rows.contains_key(&call), "events of a call that has no row");
            let seqs: Vec<u32> = self.events.iter().filter(|event| event.call == call).map(|event| event.seq).collect();
            let gapless: Vec<u32> = (1..).take(seqs.len()).collect();
            assert_eq!(seqs, gapless, "the events of a call are not 1..n in order");
        }
    }
}
