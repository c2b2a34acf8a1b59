//! A town: everybody who calls the shop, and every phone of it, over loopback UDP, many at once. What each has heard is
//! in a ledger. Its SIP is written here anew, so that nothing is right only because the service reads what it wrote.

mod caller;
mod ledger;
mod phone;
mod registration;
pub mod text;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

pub use ledger::{Deed, End, Entry, PickUp, Script, Side};

use caller::{Caller, Step};
use phone::Leg;
use registration::Registration;
use text::Message;

/// RFC 3261 §17.1.1.1: what has no answer is sent again after T1, then after twice as long each time, up to T2.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
const T1_64: Duration = Duration::from_secs(32);
/// How often a thread looks whether the town is over.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const FRAME: Duration = Duration::from_millis(20);
/// Sockets by their place: the callers share the first.
const CALLERS: usize = 0;

pub struct Town {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    people: Mutex<People>,
    earlier: Condvar,
    over: AtomicBool,
}

/// Everybody, as they are now.
struct People {
    target: SocketAddr,
    sockets: Vec<(u16, Arc<UdpSocket>)>,
    /// Where all audio arrives; nobody listens.
    media: UdpSocket,
    callers: Vec<Caller>,
    /// Who calls from this number now.
    by_number: HashMap<String, usize>,
    /// The legs of phones, by their Call-ID.
    legs: HashMap<String, Leg>,
    registrations: Vec<Registration>,
    repeats: HashMap<String, Repeat>,
    /// Callers who speak, where to, and how many frames they have said.
    speaking: HashMap<usize, (u16, u32)>,
    timers: BinaryHeap<Reverse<(Instant, u64, Timer)>>,
    last_timer: u64,
}

/// What is sent again until it is answered.
struct Repeat {
    socket: usize,
    text: String,
    interval: Duration,
    until: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Repeat(String),
    Caller(usize, Step),
    /// A phone hangs up.
    Leg(String),
    /// All who speak say the next 20 ms.
    Frame,
}

impl Town {
    /// A town whose calls go to this address.
    pub fn around(target: SocketAddr) -> Town {
        let media = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has ports");
        let people = People {
            target,
            sockets: Vec::new(),
            media,
            callers: Vec::new(),
            by_number: HashMap::new(),
            legs: HashMap::new(),
            registrations: Vec::new(),
            repeats: HashMap::new(),
            speaking: HashMap::new(),
            timers: BinaryHeap::new(),
            last_timer: 0,
        };
        let shared =
            Arc::new(Shared { people: Mutex::new(people), earlier: Condvar::new(), over: AtomicBool::new(false) });
        let clock = shared.clone();
        let town = Town { shared, threads: Mutex::new(vec![std::thread::spawn(move || clock.keep_time())]) };
        town.listen();
        town
    }

    /// One more phone, and its port.
    pub fn phone(&self) -> u16 {
        self.listen()
    }

    /// The phone at this port registers for an hour, or no longer wants to be rung there. Says which registration it is.
    pub fn registers(&self, port: u16, user: &str, expires_s: u32) -> usize {
        self.people().register(port, user, expires_s)
    }

    /// The answer to that, and when it came.
    pub fn registered(&self, registration: usize) -> Option<(u16, SystemTime)> {
        self.people().registrations[registration].answer
    }

    /// Makes this call then. Says which one it is.
    pub fn calls_at(&self, at: Instant, script: Script) -> usize {
        let mut people = self.people();
        let call = people.callers.len();
        people.callers.push(Caller::new(script));
        people.at(at, Timer::Caller(call, Step::Call));
        drop(people);
        self.shared.earlier.notify_one();
        call
    }

    /// This caller, who talks, hangs up now.
    pub fn hangs_up(&self, call: usize) {
        self.people().step(call, Step::HangUp);
    }

    /// What this caller has heard.
    pub fn entry(&self, call: usize) -> Entry {
        self.people().callers[call].entry.clone()
    }

    /// What all have heard, in the order in which they were to call.
    pub fn ledger(&self) -> Vec<Entry> {
        self.people().callers.iter().map(|caller| caller.entry.clone()).collect()
    }

    /// So many have called, or will, and nothing has come of it yet.
    pub fn unfinished(&self) -> usize {
        self.people().callers.iter().filter(|caller| caller.entry.end.is_none()).count()
    }

    /// Whether a phone still rings for this call, or has picked up and nobody has said that they know.
    pub fn is_waited_for(&self, call: usize) -> bool {
        self.people().waits_for(call)
    }

    /// Everybody drops the telephone and forgets what was said on it: nothing more is sent for any call made so far.
    pub fn falls_silent(&self) {
        let mut people = self.people();
        people.timers.clear();
        people.repeats.clear();
        people.legs.clear();
        people.speaking.clear();
        people.by_number.clear();
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.shared.people.lock().expect("no thread panics while it holds this")
    }

    fn listen(&self) -> u16 {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has ports"));
        socket.set_read_timeout(Some(LOOK_EVERY)).expect("not zero");
        let port = socket.local_addr().expect("it is bound").port();
        let mut people = self.people();
        let at = people.sockets.len();
        people.sockets.push((port, socket.clone()));
        drop(people);
        let shared = self.shared.clone();
        self.threads
            .lock()
            .expect("no thread panics while it holds this")
            .push(std::thread::spawn(move || shared.listen(at, &socket)));
        port
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.shared.earlier.notify_one();
        for thread in self.threads.get_mut().expect("no thread panics while it holds this").drain(..) {
            thread.join().ok();
        }
    }
}

impl Shared {
    fn listen(&self, at: usize, socket: &UdpSocket) {
        let mut buffer = [0; 4096];
        while !self.over.load(Ordering::Relaxed) {
            let Ok((length, _)) = socket.recv_from(&mut buffer) else { continue };
            let text = String::from_utf8_lossy(&buffer[..length]);
            let Some(message) = Message::read(&text) else { continue };
            self.people.lock().expect("no thread panics while it holds this").came(at, &message);
            self.earlier.notify_one();
        }
    }

    fn keep_time(&self) {
        let mut people = self.people.lock().expect("no thread panics while it holds this");
        while !self.over.load(Ordering::Relaxed) {
            let now = Instant::now();
            while people.timers.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
                if let Some(Reverse((_, _, timer))) = people.timers.pop() {
                    people.due(now, timer);
                }
            }
            let next = people.timers.peek().map(|Reverse((at, ..))| *at - now);
            let wait = next.map_or(LOOK_EVERY, |next| next.min(LOOK_EVERY));
            people = self.earlier.wait_timeout(people, wait).expect("no thread panics while it holds this").0;
        }
    }
}

impl People {
    fn at(&mut self, at: Instant, timer: Timer) {
        self.last_timer += 1;
        self.timers.push(Reverse((at, self.last_timer, timer)));
    }

    fn after(&mut self, wait: Duration, timer: Timer) {
        self.at(Instant::now() + wait, timer);
    }

    fn due(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Repeat(key) => self.repeat(now, key),
            Timer::Caller(call, step) => self.step(call, step),
            Timer::Leg(call_id) => self.phone_hangs_up(&call_id),
            Timer::Frame => self.say_a_frame(),
        }
    }

    fn came(&mut self, at: usize, message: &Message<'_>) {
        let call_id = message.header("Call-ID");
        match message.status() {
            Some(status) => {
                if let Some(registration) = registration::of(call_id) {
                    self.registrar_answers(registration, status, message);
                } else if let Some(call) = caller::of(call_id) {
                    self.caller_hears(call, status, message);
                } else if status >= 200 {
                    // A phone's BYE.
                    self.repeats.remove(&phone::bye_key(call_id));
                    self.legs.remove(call_id);
                }
            }
            None if at == CALLERS => self.caller_is_asked(message),
            None => self.phone_is_asked(at, message),
        }
    }

    fn send(&self, at: usize, text: &str) {
        // Nobody listens there while the service is dead.
        self.sockets[at].1.send_to(text.as_bytes(), self.target).ok();
    }

    /// Sends this until `key` is taken from the repeats.
    fn send_until_answered(&mut self, at: usize, key: String, text: String) {
        self.send(at, &text);
        self.after(T1, Timer::Repeat(key.clone()));
        self.repeats.insert(key, Repeat { socket: at, text, interval: T1, until: Instant::now() + T1_64 });
    }

    fn repeat(&mut self, now: Instant, key: String) {
        let Some(repeat) = self.repeats.get_mut(&key) else { return };
        if repeat.until <= now {
            self.repeats.remove(&key);
            return;
        }
        repeat.interval = (repeat.interval * 2).min(T2);
        let interval = repeat.interval;
        let repeat = &self.repeats[&key];
        self.send(repeat.socket, &repeat.text);
        self.after(interval, Timer::Repeat(key));
    }

    fn port(&self, at: usize) -> u16 {
        self.sockets[at].0
    }

    fn media_port(&self) -> u16 {
        self.media.local_addr().expect("it is bound").port()
    }

    fn say_a_frame(&mut self) {
        if self.speaking.is_empty() {
            return;
        }
        let mut packet = [0; 172];
        packet[0] = 0x80;
        for (index, code) in packet[12..].iter_mut().enumerate() {
            // As loud as a voice, in PCMU.
            *code = if index % 2 == 0 { 0x90 } else { 0x10 };
        }
        for (call, (port, said)) in &mut self.speaking {
            let sequence = u16::try_from(*said % 0x1_0000).expect("taken modulo 65536");
            packet[2..4].copy_from_slice(&sequence.to_be_bytes());
            packet[4..8].copy_from_slice(&said.wrapping_mul(160).to_be_bytes());
            packet[8..12].copy_from_slice(&u32::try_from(*call).expect("few calls").to_be_bytes());
            self.media.send_to(&packet, (Ipv4Addr::LOCALHOST, *port)).ok();
            *said = said.wrapping_add(1);
        }
        self.after(FRAME, Timer::Frame);
    }
}
