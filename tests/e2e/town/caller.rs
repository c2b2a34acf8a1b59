//! The callers.

use std::time::Duration;

use super::ledger::{Deed, End, Entry, PickUp, Script, Side};
use super::text::{Message, request, sdp};
use super::{CALLERS, FRAME, People, Timer};

/// A caller who has heard nothing yet must not cancel (RFC 3261 §9.1); nobody picks up what does not ring.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

pub(super) struct Caller {
    pub(super) entry: Entry,
    progress: Progress,
    /// The shop's side of the dialog: its tag, and where it wants to be told.
    to: String,
    contact: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Calling,
    /// A provisional response has come.
    Proceeding,
    Talking,
    Over,
}

/// What a caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Call,
    /// Somebody picks up for them.
    PickUp,
    Cancel,
    HangUp,
}

/// The call whose Call-ID this is.
pub(super) fn of(call_id: &str) -> Option<usize> {
    call_id.strip_prefix("caller-")?.split('@').next()?.parse().ok()
}

fn call_id(call: usize) -> String {
    format!("caller-{call}@town")
}

impl Caller {
    pub(super) fn new(script: Script) -> Caller {
        Caller { entry: Entry::of(script), progress: Progress::Calling, to: String::new(), contact: String::new() }
    }

    pub(super) fn waits(&self) -> bool {
        matches!(self.progress, Progress::Calling | Progress::Proceeding)
    }
}

impl People {
    pub(super) fn step(&mut self, call: usize, step: Step) {
        match step {
            Step::Call => self.call(call),
            Step::PickUp if self.callers[call].waits() => {
                if !self.picks_up(call) {
                    self.after(AGAIN_AFTER, Timer::Caller(call, Step::PickUp));
                }
            }
            Step::Cancel if self.callers[call].progress == Progress::Calling => {
                self.after(AGAIN_AFTER, Timer::Caller(call, Step::Cancel));
            }
            Step::Cancel if self.callers[call].progress == Progress::Proceeding => {
                let text = self.caller_says(call, "CANCEL", 1, "i", "");
                self.send_until_answered(CALLERS, format!("cancel {call}"), text);
            }
            Step::HangUp if self.callers[call].progress == Progress::Talking => {
                self.speaking.remove(&call);
                self.callers[call].progress = Progress::Over;
                let text = self.caller_says(call, "BYE", 2, "b", "");
                self.send_until_answered(CALLERS, format!("bye {call}"), text);
            }
            Step::PickUp | Step::Cancel | Step::HangUp => {}
        }
    }

    fn call(&mut self, call: usize) {
        let script = self.callers[call].entry.script.clone();
        self.by_number.insert(script.number.clone(), call);
        match script.deed {
            Deed::Talks { rings, .. } => self.after(rings, Timer::Caller(call, Step::PickUp)),
            Deed::GivesUp { after } => self.after(after, Timer::Caller(call, Step::Cancel)),
            Deed::IsDeclined
            | Deed::IsIgnored
            | Deed::Speaks { .. }
            | Deed::ListensOnly { .. }
            | Deed::IsTurnedAway => {}
        }
        let text = self.caller_says(call, "INVITE", 1, "i", &sdp(self.media_port()));
        self.callers[call].entry.called = Some(std::time::SystemTime::now());
        self.send_until_answered(CALLERS, format!("invite {call}"), text);
    }

    /// A request of this caller.
    fn caller_says(&self, call: usize, method: &str, cseq: u32, branch: &str, body: &str) -> String {
        let (port, caller) = (self.port(CALLERS), &self.callers[call]);
        let Script { number, dials, .. } = &caller.entry.script;
        let (mut uri, mut to) = (format!("sip:{dials}@{}", self.target), format!("<sip:{dials}@{}>", self.target));
        if caller.progress == Progress::Talking || caller.progress == Progress::Over {
            (uri, to) = (caller.contact.clone(), caller.to.clone());
        }
        let headers = format!(
            "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-town-{call}-{branch}\r\n\
             From: <sip:{number}@127.0.0.1:{port}>;tag=caller{call}\r\nTo: {to}\r\nCall-ID: {}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:{number}@127.0.0.1:{port}>\r\n",
            call_id(call)
        );
        request(method, &uri, &headers, "", body)
    }

    pub(super) fn caller_hears(&mut self, call: usize, status: u16, message: &Message<'_>) {
        match (message.answers(), status) {
            ("INVITE", 100..200) => {
                self.repeats.remove(&format!("invite {call}"));
                let caller = &mut self.callers[call];
                caller.entry.hears(status);
                if caller.progress == Progress::Calling {
                    caller.progress = Progress::Proceeding;
                }
            }
            ("INVITE", 200..300) => self.caller_is_answered(call, status, message),
            ("INVITE", _) => {
                self.repeats.remove(&format!("invite {call}"));
                let caller = &mut self.callers[call];
                caller.entry.hears(status);
                caller.entry.ends(End::Refused(status));
                caller.progress = Progress::Over;
                (caller.to, caller.contact) = (message.header("To").to_owned(), format!("sip:shop@{}", self.target));
                let ack = self.caller_says(call, "ACK", 1, "i", "");
                self.send(CALLERS, &ack);
            }
            ("CANCEL", 200..) => drop(self.repeats.remove(&format!("cancel {call}"))),
            ("BYE", 200..) => {
                self.repeats.remove(&format!("bye {call}"));
                self.callers[call].entry.ends(if status == 481 { End::Unknown } else { End::HungUp });
            }
            _ => {}
        }
    }

    fn caller_is_answered(&mut self, call: usize, status: u16, message: &Message<'_>) {
        self.repeats.remove(&format!("invite {call}"));
        let caller = &mut self.callers[call];
        let first = caller.waits();
        caller.entry.hears(status);
        if first {
            caller.progress = Progress::Talking;
            (caller.to, caller.contact) = (message.header("To").to_owned(), message.contact().to_owned());
        }
        let ack = self.caller_says(call, "ACK", 1, "a", "");
        self.send(CALLERS, &ack);
        if !first {
            return;
        }
        let stays = match self.callers[call].entry.script.deed {
            Deed::Talks { talks, hangs_up: Side::Caller, .. } => talks,
            Deed::Talks { hangs_up: Side::Phone, .. } => return,
            // It crossed the caller's own word, or was not to be.
            Deed::GivesUp { .. } | Deed::IsDeclined | Deed::IsIgnored | Deed::IsTurnedAway => Duration::ZERO,
            Deed::Speaks { stays } => {
                if let Some(port) = message.audio_port() {
                    if self.speaking.is_empty() {
                        self.after(FRAME, Timer::Frame);
                    }
                    self.speaking.insert(call, (port, 0));
                }
                stays
            }
            Deed::ListensOnly { stays } => stays,
        };
        self.after(stays, Timer::Caller(call, Step::HangUp));
    }

    /// The shop says something to a caller.
    pub(super) fn caller_is_asked(&mut self, message: &Message<'_>) {
        match (message.method(), of(message.header("Call-ID"))) {
            ("ACK", _) => {}
            ("BYE", Some(call)) => {
                self.speaking.remove(&call);
                let caller = &mut self.callers[call];
                caller.progress = Progress::Over;
                caller.entry.ends(End::WasHungUpOn);
                self.send(CALLERS, &message.answer("200 OK", "", "", ""));
            }
            _ => self.send(CALLERS, &message.answer("200 OK", "town", "", "")),
        }
    }

    /// Somebody picks up for this caller, if anything rings.
    fn picks_up(&mut self, call: usize) -> bool {
        let ringing = self.ringing(call);
        let Deed::Talks { pick_up, .. } = self.callers[call].entry.script.deed else { return true };
        if ringing.is_empty() {
            return false;
        }
        let hands = match pick_up {
            PickUp::One => 1,
            PickUp::Two => 2,
        };
        // Here one, there another.
        for leg in ringing.iter().cycle().skip(call % ringing.len()).take(hands.min(ringing.len())) {
            self.phone_picks_up(leg);
        }
        true
    }
}
