//! The one loop: an OS thread that owns the SIP sockets and the switchboard. Per wake: due timers, then the answers of
//! the shells, then at most [`DATAGRAMS_A_WAKE`] datagrams. It never waits for anything but the next event.

mod carriers;
mod inbox;
mod lookups;
mod names;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};

use crate::alert::Alerts;
use crate::clock;
use crate::media::port::PortShell;
use crate::resolve::NameServers;
use crate::sip::hop::Interfaces;
use crate::sip::socket::{Listening, LocalAddresses, Sent};
use crate::sip::stream::{self, Reception, Report, Streams};
use crate::store::bindings::BindingKeeper;
use crate::store::writer::LogWriter;
use crate::switchboard::{Input, NotRung, Output, Protocol, RightNow, SocketId, Switchboard, Ticket};
use crate::tls::Connector;
use crate::twilio::{Document, Work};
use crate::web::board::Question;
use crate::web::{Feed, LiveGauges};

use carriers::trunk_changed;
use inbox::{Alarm, WAITING};

pub use inbox::{Inbox, Message};

/// So many datagrams, then the timers and answers get their turn: a flood must not stop the clock.
const DATAGRAMS_A_WAKE: usize = 64;
/// So many calls that break because another has are ended at once; one more is ended by what comes next in it.
const BROKEN_AT_ONCE: usize = 8;
/// Longer than any SIP message over UDP that we read.
const DATAGRAM_BYTES: usize = 65_536;
/// So many messages of the shells, then the datagrams get their turn.
const MESSAGES_A_WAKE: usize = 256;
/// How often our own addresses are looked at anew.
const ADDRESSES_FOR: Duration = Duration::from_secs(60);
const WAKER: Token = Token(usize::MAX);

/// Everything the loop performs with.
pub struct Shells {
    pub log: LogWriter,
    pub bindings: BindingKeeper,
    pub media: PortShell,
    pub gauges: Arc<LiveGauges>,
    /// Notices to the owners.
    pub alerts: Alerts,
    /// Calls as they happen, for whoever listens.
    pub feed: Feed,
    /// Who knows carriers' servers.
    pub name_servers: NameServers,
    /// What is to be asked of Twilio, if the shop is there.
    pub twilio: Option<tokio::sync::mpsc::Sender<Work>>,
    /// Names are looked up on this runtime.
    pub runtime: tokio::runtime::Handle,
}

/// The loop before it runs: its inbox is needed by the shells that it is given.
pub struct Prepared {
    poll: Poll,
    messages: Receiver<Message>,
    inbox: Inbox,
    reception: Reception,
}

/// # Errors
/// The system has no more file descriptors.
pub fn prepare() -> io::Result<Prepared> {
    let poll = Poll::new()?;
    let alarm = Arc::new(Alarm::new(Waker::new(poll.registry(), WAKER)?));
    let (sender, messages) = sync_channel(WAITING);
    let inbox = Inbox { messages: sender, alarm };
    let reports = inbox.clone();
    let reception = Reception::new(Arc::new(move |report| reports.send(Message::Stream(report))));
    Ok(Prepared { poll, messages, inbox, reception })
}

impl Prepared {
    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Where SIP connections are taken in that others have accepted.
    pub fn reception(&self) -> Reception {
        self.reception.clone()
    }

    /// Starts the loop on a thread of its own. It ends on [`Message::Stop`] and hands the log back, to be flushed.
    ///
    /// # Errors
    /// A socket cannot be watched, or the system has no thread left.
    pub fn start(
        self,
        switchboard: Switchboard,
        mut sockets: Vec<Listening>,
        listeners: Vec<stream::Listening>,
        interfaces: Interfaces,
        shells: Shells,
        connector: Connector,
    ) -> io::Result<JoinHandle<LogWriter>> {
        for (at, listening) in sockets.iter_mut().enumerate() {
            self.poll.registry().register(&mut listening.socket, Token(at), Interest::READABLE)?;
        }
        let streams = Streams::start(listeners, connector, shells.runtime.clone(), self.reception)?;
        let driver = Driver {
            switchboard,
            poll: self.poll,
            readable: VecDeque::from_iter(0..sockets.len()),
            sockets,
            messages: self.messages,
            inbox: self.inbox,
            shells,
            streams,
            interfaces,
            more: More::No,
            known: VecDeque::new(),
            names: names::Names::default(),
            looks: HashMap::new(),
            rings: HashMap::new(),
            replies: HashMap::new(),
            last_asked: 0,
            locals: LocalAddresses::default(),
            locals_until: clock::now().mono + ADDRESSES_FOR,
        };
        std::thread::Builder::new().name("driver".to_owned()).spawn(move || driver.run())
    }
}

struct Driver {
    switchboard: Switchboard,
    poll: Poll,
    sockets: Vec<Listening>,
    /// Sockets that may hold more datagrams: the poll tells of a change only once.
    readable: VecDeque<usize>,
    messages: Receiver<Message>,
    inbox: Inbox,
    shells: Shells,
    streams: Streams,
    interfaces: Interfaces,
    /// Whether messages of the shells are left from the last wake.
    more: More,
    /// Contacts that are addresses and need no name server.
    known: VecDeque<(Ticket, Protocol, SocketAddr)>,
    names: names::Names,
    looks: HashMap<Ticket, tokio::sync::oneshot::Sender<RightNow>>,
    rings: HashMap<Ticket, tokio::sync::oneshot::Sender<Result<(), NotRung>>>,
    /// Requests of Twilio's that wait for a document.
    replies: HashMap<Ticket, tokio::sync::oneshot::Sender<Document>>,
    /// The last ticket of the shell's own kind.
    last_asked: u64,
    locals: LocalAddresses,
    locals_until: crate::now::Mono,
}

#[derive(PartialEq, Eq)]
enum More {
    No,
    Yes,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Go {
    On,
    Stop,
}

impl Driver {
    fn run(mut self) -> LogWriter {
        let mut events = Events::with_capacity(64);
        let mut buffer = vec![0; DATAGRAM_BYTES];
        self.perform();
        loop {
            if let Err(error) = self.poll.poll(&mut events, self.timeout()) {
                if error.kind() != io::ErrorKind::Interrupted {
                    tracing::error!(%error, "the call loop cannot wait for events");
                }
                continue;
            }
            for event in &events {
                if event.token() == WAKER {
                    continue;
                }
                if event.is_writable() {
                    self.flush(event.token().0);
                }
                if event.is_readable() && !self.readable.contains(&event.token().0) {
                    self.readable.push_back(event.token().0);
                }
            }
            let now = clock::now().mono;
            if self.switchboard.poll_timeout().is_some_and(|at| at <= now) {
                self.handle(Input::Timeout);
            }
            if self.locals_until <= now {
                self.locals.forget();
                self.locals_until = now + ADDRESSES_FOR;
            }
            if self.take_messages() == Go::Stop {
                return self.shells.log;
            }
            self.take_datagrams(&mut buffer);
            self.shells.gauges.set(self.switchboard.gauges());
            self.shells.gauges.set_trunks_registered(self.switchboard.trunks_registered());
            match self.switchboard.take_over_budget() {
                0 => {}
                over => metrics::counter!("ringall_sip_over_budget_total").increment(over),
            }
            match self.switchboard.take_unheard() {
                0 => {}
                unheard => metrics::counter!("ringall_sip_strangers_total").increment(unheard),
            }
            match self.switchboard.take_unrecorded() {
                0 => {}
                unrecorded => metrics::counter!("ringall_calls_unrecorded_total").increment(unrecorded),
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.readable.is_empty() || self.more == More::Yes {
            return Some(Duration::ZERO);
        }
        self.switchboard.poll_timeout().map(|at| at - clock::now().mono)
    }

    fn take_messages(&mut self) -> Go {
        self.more = More::No;
        self.inbox.alarm.heard();
        for _ in 0..MESSAGES_A_WAKE {
            match self.messages.try_recv() {
                Ok(Message::Recorded(ticket)) => self.handle(Input::Recorded { ticket }),
                Ok(Message::BindingsKept(ticket)) => self.handle(Input::BindingsKept { ticket }),
                Ok(Message::Media(fact)) => self.handle(Input::Media(fact)),
                Ok(Message::Plan(plan)) => self.handle(Input::PlanChanged(plan)),
                Ok(Message::LeftRinging(calls)) => self.handle(Input::LeftRinging(calls)),
                Ok(Message::Keyless(lines)) => self.handle(Input::Keyless(lines)),
                Ok(Message::GoneOut(calls)) => self.handle(Input::GoneOut(calls)),
                Ok(Message::Waiting(waiting)) => self.handle(Input::MessagesWaiting(waiting)),
                Ok(Message::CallBacksDue(shop, callers)) => self.handle(Input::CallBacksDue { shop, callers }),
                Ok(Message::Callers(callers)) => self.handle(Input::CallersNamed(callers)),
                Ok(Message::LogRestored { callers, counted }) => self.handle(Input::LogRestored { callers, counted }),
                Ok(Message::Names(names)) => self.handle(Input::NamesSpoken(names)),
                Ok(Message::Resolved { ticket, protocol, host, addresses }) => {
                    self.resolved(ticket, protocol, &host, &addresses);
                }
                Ok(Message::Located { ticket, host, servers }) => self.located(ticket, &host, servers),
                Ok(Message::Stream(report)) => self.reported(report),
                Ok(Message::Asked(question)) => self.asked(question),
                Ok(Message::Webhook(webhook, answer)) => {
                    self.last_asked += 1;
                    let ticket = Ticket(self.last_asked);
                    self.replies.insert(ticket, answer);
                    self.handle(Input::Webhook { ticket, webhook });
                }
                Ok(Message::RecordingFetched { call, recording, kept }) => {
                    self.handle(Input::RecordingFetched { call, recording, kept });
                }
                Ok(Message::Drain) => self.handle(Input::Drain),
                Ok(Message::Stop) => return Go::Stop,
                // The inbox is ours too, so it is never disconnected.
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Go::On,
            }
        }
        // Their wake is spent: the next one must not be waited for.
        self.more = More::Yes;
        Go::On
    }

    fn asked(&mut self, question: Question) {
        // A ticket of the shell's own kind: the core only hands it back.
        self.last_asked += 1;
        let ticket = Ticket(self.last_asked);
        match question {
            Question::Look(answer) => {
                self.looks.insert(ticket, answer);
                self.handle(Input::Look { ticket });
                // As below.
                self.looks.remove(&ticket);
            }
            Question::Ring { phone, purpose, answer } => {
                self.rings.insert(ticket, answer);
                self.handle(Input::RingPhone { ticket, phone, purpose });
                // Where a bug has swallowed the answer, whoever waits for it is told that there is none.
                self.rings.remove(&ticket);
            }
            Question::DictationForgotten { shop, at } => self.handle(Input::DictationForgotten { shop, at }),
            Question::TakenOn { shop, number } => self.handle(Input::TakenOn { shop, number }),
            Question::Erased { shop, number } => self.handle(Input::Erased { shop, number }),
        }
    }

    fn reported(&mut self, report: Report) {
        match report {
            Report::Accepted { flow, protocol, from, local, line } => {
                self.streams.accepted(flow, line);
                let local = self.locals.towards(local, from.ip());
                self.handle(Input::FlowAccepted { flow, protocol, from, local });
            }
            Report::Received { flow, bytes, waiting: _waiting } => self.handle(Input::Received { flow, bytes: &bytes }),
            Report::Ping { flow, waiting: _waiting } => self.streams.pong(flow),
            Report::Garbled { flow, bytes } => self.handle(Input::Garbled { flow, bytes: &bytes }),
            Report::Closed { flow } => {
                self.streams.close(flow);
                self.handle(Input::FlowClosed { flow });
            }
            Report::Failed { flow } => {
                self.streams.close(flow);
                self.handle(Input::FlowFailed { flow });
            }
        }
    }

    fn take_datagrams(&mut self, buffer: &mut [u8]) {
        let mut left = DATAGRAMS_A_WAKE;
        while let Some(at) = self.readable.pop_front() {
            loop {
                if left == 0 {
                    self.readable.push_back(at);
                    return;
                }
                let listening = &self.sockets[at];
                match listening.socket.recv_from(buffer) {
                    Ok((length, from)) => {
                        left -= 1;
                        // `SocketId` counts the configured sockets, of which there are few.
                        let socket = SocketId(u8::try_from(at).unwrap_or(u8::MAX));
                        let (bound, now) = (listening.bound.ip(), clock::now());
                        if let Some(datagram) = self.switchboard.admit(now, socket, from, &buffer[..length]) {
                            // Only now: of a new peer the system has to be asked.
                            let local = self.locals.towards(bound, from.ip());
                            self.handle(Input::Datagram { datagram, local });
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // An ICMP error for something sent earlier; the next datagram may be good.
                    Err(_) => left -= 1,
                }
            }
        }
    }

    /// One input, and all that comes of it. A panic is a bug: contained to the call it happened in.
    fn handle(&mut self, input: Input<'_>) {
        let now = clock::now();
        let switchboard = &mut self.switchboard;
        if catch_unwind(AssertUnwindSafe(|| switchboard.handle(now, input))).is_err() {
            // What ends one call may break another.
            let mut ends = || catch_unwind(AssertUnwindSafe(|| switchboard.after_panic(now)));
            let ended = (0..BROKEN_AT_ONCE).find_map(|_| {
                metrics::counter!("ringall_panics_total").increment(1);
                ends().ok()
            });
            match ended.flatten() {
                Some(call) => tracing::error!(%call, "a bug ended this call; the others go on"),
                None => tracing::error!("a bug of ours: what came may have been handled in part; calls go on"),
            }
        }
        self.perform();
    }

    fn perform(&mut self) {
        while let Some(output) = self.switchboard.poll_output() {
            match output {
                Output::Send { socket, to, bytes } => self.send(usize::from(socket.0), to, bytes),
                Output::Connect { flow, protocol, .. } if protocol.is_web_socket() => self.streams.refuse(flow),
                Output::Connect { flow, protocol, to, local, server } => {
                    let name = (protocol == Protocol::Tls).then(|| self.names.at(to, server));
                    self.streams.connect(flow, to, local, name);
                }
                Output::Write { flow, bytes } => self.streams.write(flow, bytes),
                Output::Trust { flow } => self.streams.trust(flow),
                Output::Acquaintances(known) => self.streams.acquainted(known),
                Output::Close { flow } => self.streams.close(flow),
                Output::Record { ticket, medium, record } => {
                    self.shells.feed.call(&record);
                    self.shells.log.record(ticket, medium, record);
                }
                Output::Log(entry) => {
                    self.shells.feed.entry(&entry);
                    self.shells.log.log(entry);
                }
                Output::KeepBindings { ticket, user, kept } => self.shells.bindings.keep(ticket, user, kept),
                Output::Media(command) => self.shells.media.command(command),
                Output::Resolve { ticket, protocol, host, port } => self.resolve(ticket, protocol, host, port),
                Output::Locate { ticket, protocol, host } => self.locate(ticket, protocol, host),
                Output::Trunk { name, change } => trunk_changed(&name, &change),
                Output::Notify { shop, due } => self.shells.alerts.tell(shop, due),
                Output::Reply { ticket, document } => {
                    // Whoever asked may have gone.
                    let _ = self.replies.remove(&ticket).map(|answer| answer.send(document));
                }
                Output::Twilio(work) => self.ask_twilio(work),
                Output::Seen { ticket, view } => {
                    // Whoever asked may have gone.
                    let _ = self.looks.remove(&ticket).map(|answer| answer.send(*view));
                }
                Output::PhoneRings { ticket, outcome } => {
                    let _ = self.rings.remove(&ticket).map(|answer| answer.send(outcome));
                }
            }
        }
        if let Some((ticket, protocol, address)) = self.known.pop_front() {
            self.resolved(ticket, protocol, &address.ip().to_string(), &[address]);
        }
    }

    fn ask_twilio(&self, work: Work) {
        let Some(twilio) = &self.shells.twilio else { return };
        if twilio.try_send(work).is_err() {
            metrics::counter!("ringall_twilio_dropped_total").increment(1);
            tracing::error!("more is to be asked of Twilio than can wait: one request is left out");
        }
    }

    fn send(&mut self, at: usize, to: SocketAddr, bytes: Vec<u8>) {
        let Some(listening) = self.sockets.get_mut(at) else { return };
        match listening.send(to, bytes) {
            Sent::Gone => {}
            Sent::Waits => self.watch(at, Interest::READABLE | Interest::WRITABLE),
            Sent::Dropped => metrics::counter!("ringall_sip_dropped_total").increment(1),
        }
    }

    fn flush(&mut self, at: usize) {
        let (sent, dropped) = self.sockets[at].flush();
        metrics::counter!("ringall_sip_dropped_total").increment(dropped);
        if sent == Sent::Gone {
            self.watch(at, Interest::READABLE);
        }
    }

    /// Room for sending is watched only while something waits for it: the poll would tell of each datagram that left.
    fn watch(&mut self, at: usize, interest: Interest) {
        if let Err(error) = self.poll.registry().reregister(&mut self.sockets[at].socket, Token(at), interest) {
            tracing::error!(%error, "a SIP socket cannot be watched");
        }
    }
}
