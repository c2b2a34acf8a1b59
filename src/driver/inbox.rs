//! The way into the loop: what the shells tell it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use mio::Waker;

use crate::call::record::CallId;
use crate::media::{Fact, Kept};
use crate::resolve::Located;
use crate::routing::Plan;
use crate::routing::plan::ShopId;
use crate::sip::message_summary::Waiting;
use crate::sip::stream::Report;
use crate::switchboard::{Keyless, LeftRinging, Protocol, Ticket, WentOut};
use crate::twilio::work::Recording;
use crate::twilio::{Document, Webhook};
use crate::utterance::Names;
use crate::web::board::Question;

/// Answers of shells that may wait. A shell that finds it full waits: it has no deadlines of its own.
pub(super) const WAITING: usize = 8192;

/// What the shells tell the loop.
#[derive(Debug)]
pub enum Message {
    Recorded(Ticket),
    BindingsKept(Ticket),
    Resolved {
        ticket: Ticket,
        protocol: Protocol,
        host: String,
        addresses: Vec<SocketAddr>,
    },
    /// The servers of a carrier's name.
    Located {
        ticket: Ticket,
        host: String,
        servers: Vec<Located>,
    },
    Stream(Report),
    Media(Fact),
    Plan(Arc<Plan>),
    /// Calls that rang when the last process died.
    LeftRinging(Vec<LeftRinging>),
    Keyless(Vec<Keyless>),
    GoneOut(Vec<WentOut>),
    /// How many messages wait in each shop that has any.
    Waiting(Vec<(ShopId, Waiting)>),
    /// Names of callers that the owner has changed come with a plan.
    Callers(crate::caller::Callers),
    /// A backup was put back: all whom the log knows of now, and the open calls that they count. They come with a plan.
    LogRestored {
        callers: crate::caller::Callers,
        counted: HashSet<CallId>,
    },
    /// So many callers of this shop should have been called back by now, and nobody has taken it on.
    CallBacksDue(ShopId, u32),
    /// Names that a voice has spoken.
    Names(Names),
    /// The web asks.
    Asked(Question),
    /// A request of Twilio's; whoever asks waits so long as [`crate::twilio`] allows.
    Webhook(Box<Webhook>, tokio::sync::oneshot::Sender<Document>),
    RecordingFetched {
        call: CallId,
        recording: Option<Recording>,
        kept: Kept,
    },
    Drain,
    Stop,
}

/// The way into the loop.
#[derive(Clone, Debug)]
pub struct Inbox {
    pub(super) messages: SyncSender<Message>,
    pub(super) alarm: Arc<Alarm>,
}

/// What wakes the loop: once, however many messages come before it looks. A wake is a system call, and one that is not
/// needed costs the loop a turn besides.
#[derive(Debug)]
pub(super) struct Alarm {
    waker: Waker,
    rings: AtomicBool,
}

impl Alarm {
    pub fn new(waker: Waker) -> Alarm {
        Alarm { waker, rings: AtomicBool::new(false) }
    }

    fn ring(&self) {
        if !self.rings.swap(true, Ordering::AcqRel) {
            // A failed wake is a closed poll: the loop is gone.
            let _ = self.waker.wake();
        }
    }

    /// The loop is about to look at its messages: one that it may not see any more wakes it anew.
    pub fn heard(&self) {
        self.rings.swap(false, Ordering::AcqRel);
    }
}

impl Inbox {
    /// Hands a message to the loop, waiting for room if there is none. A loop that is gone takes nothing.
    pub fn send(&self, message: Message) {
        if self.messages.send(message).is_ok() {
            self.alarm.ring();
        }
    }

    /// The same without waiting: where there is no room the message is dropped, and with it whatever was to be answered.
    pub fn try_send(&self, message: Message) {
        if self.messages.try_send(message).is_ok() {
            self.alarm.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mio::{Events, Poll, Token};

    use super::*;

    #[test]
    fn a_loop_is_woken_once_until_it_looks_and_then_anew() {
        let mut poll = Poll::new().expect("a poll");
        let alarm = Alarm::new(Waker::new(poll.registry(), Token(0)).expect("a waker"));
        let mut wakes = || {
            let mut events = Events::with_capacity(1);
            poll.poll(&mut events, Some(Duration::ZERO)).expect("a poll");
            events.iter().count()
        };
        alarm.ring();
        alarm.ring();
        assert_eq!(wakes(), 1);
        alarm.ring();
        assert_eq!(wakes(), 0, "it is awake, and has not looked yet");
        alarm.heard();
        alarm.ring();
        assert_eq!(wakes(), 1);
    }
}
