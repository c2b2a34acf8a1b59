//! What the demo's phones and caller have in common: a UDP socket, the repetition that UDP asks of whoever waits for
//! an answer (RFC 3261 §17), and the facts they report to the story.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::sync::mpsc::UnboundedSender;

use super::audio::Hearing;
use super::text::Text;
use super::tone::Voice;

/// Something one of the demo's people or phones saw or did.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When the datagram was in hand, or left.
    pub at: Instant,
    pub who: Arc<str>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The phone rings and shows this name and number.
    Rings { name: String, number: String },
    /// The phone's receiver is up: its 200 left.
    PicksUp,
    /// The receiver was lifted, but the phone had stopped ringing.
    PicksUpTooLate,
    /// The phone was told to stop ringing.
    StopsRinging(Told),
    /// The call that was picked up, or the caller's, was ended by the other side.
    IsHungUpOn(Told, Hearing),
    /// The caller hears ringing. `logged`: whether the call's row was readable in the store at that moment.
    HearsRinging { logged: bool },
    /// The caller's call was answered.
    IsAnswered,
    /// The caller's call failed with this SIP status.
    IsRefused(u16),
    /// The caller hung up, and the other side knows.
    HungUp(Hearing),
    /// This voice has been heard for [`super::audio::CLEARLY`] packets in a row.
    Hears(Voice),
}

/// What the network said when it took a call from a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A colleague has the call: a phone that rang shows no missed call (RFC 3326 §2).
    Elsewhere,
    /// Nothing of the kind: a phone that rang shows a missed call.
    Plainly,
}

impl Told {
    /// Read from a CANCEL or BYE.
    pub fn by(message: &Text) -> Told {
        if message.completed_elsewhere() { Told::Elsewhere } else { Told::Plainly }
    }
}

/// Where facts go, with the name of who saw them.
#[derive(Clone, Debug)]
pub struct Eye {
    pub who: Arc<str>,
    pub story: UnboundedSender<Seen>,
}

impl Eye {
    pub fn saw(&self, what: What) {
        self.saw_at(Instant::now(), what);
    }

    pub fn saw_at(&self, at: Instant, what: What) {
        // Nobody listens any more only when the demo is over.
        let _ = self.story.send(Seen { at, who: self.who.clone(), what });
    }
}

/// T1 and T2 of RFC 3261 §17.1.1.1; what is not answered in 64 × T1 is given up.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// How often it is looked whether something must be repeated.
pub const TICK: Duration = Duration::from_millis(50);
/// The largest datagram read: above it no message of this demo comes near.
pub const DATAGRAM: usize = 8192;

/// What an unanswered message waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// The answer to the request with this method and branch.
    Answer { method: &'static str, branch: String },
    /// The ACK of the INVITE with this Call-ID and CSeq number.
    Ack { call_id: String, cseq: u32 },
}

struct Unanswered {
    awaits: Awaits,
    to: SocketAddr,
    text: String,
    next: Instant,
    pause: Duration,
    until: Instant,
}

/// A socket that repeats.
pub struct Line {
    socket: UdpSocket,
    pub address: SocketAddr,
    unanswered: Mutex<Vec<Unanswered>>,
}

impl Line {
    /// Binds a free port at `ip`.
    pub async fn bind(ip: IpAddr) -> std::io::Result<Line> {
        let socket = UdpSocket::bind((ip, 0)).await?;
        let address = socket.local_addr()?;
        Ok(Line { socket, address, unanswered: Mutex::default() })
    }

    /// The next message and its sender. Meanwhile repeats what is due. Keep-alives and noise are passed over.
    pub async fn next(&self) -> std::io::Result<(Text, SocketAddr)> {
        let mut buffer = vec![0; DATAGRAM];
        loop {
            let (length, from) = tokio::select! {
                received = self.socket.recv_from(&mut buffer) => received?,
                () = tokio::time::sleep(TICK) => {
                    self.repeat(Instant::now());
                    continue;
                }
            };
            if let Some(message) = Text::read(&buffer[..length]) {
                return Ok((message, from));
            }
        }
    }

    /// Sends once, without waiting: a full socket buffer loses the message as a network might.
    pub fn send(&self, to: SocketAddr, text: &str) {
        let _ = self.socket.try_send_to(text.as_bytes(), to);
    }

    /// Sends, and again after T1, 2 T1, 4 T1 … until [`Line::answered`].
    pub fn send_until_answered(&self, awaits: Awaits, to: SocketAddr, text: String) {
        let now = Instant::now();
        self.send(to, &text);
        self.waiting().push(Unanswered { awaits, to, text, next: now + T1, pause: T1, until: now + 64 * T1 });
    }

    /// What was waited for has come. False when nothing waited for it.
    pub fn answered(&self, awaits: &Awaits) -> bool {
        let mut waiting = self.waiting();
        let before = waiting.len();
        waiting.retain(|one| one.awaits != *awaits);
        waiting.len() < before
    }

    fn repeat(&self, now: Instant) {
        let mut waiting = self.waiting();
        waiting.retain(|one| now < one.until);
        for one in waiting.iter_mut().filter(|one| one.next <= now) {
            self.send(one.to, &one.text);
            one.pause *= 2;
            // Only an INVITE's pauses grow without bound (RFC 3261 §17.1.1.2, §17.1.2.2, §13.3.1.4).
            if !matches!(one.awaits, Awaits::Answer { method: "INVITE", .. }) {
                one.pause = one.pause.min(T2);
            }
            one.next = now + one.pause;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Unanswered>> {
        lock(&self.unanswered)
    }
}

/// Locks for a few lines without waiting inside; what a panicked holder left is still whole messages.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
