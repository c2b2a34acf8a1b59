//! The facts of a call: what the log keeps, the API shows and the owed list is derived from.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::decision::Because;
use crate::routing::plan::ShopId;
use crate::spelling::spelled_as;

/// Our own name for a call; a version 7 UUID, so that ids sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct CallId(pub Uuid);

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One call: one row. Written when it arrives, written again as facts are added; a later record of the same id
/// replaces the earlier one whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    pub id: CallId,
    pub shop: Option<ShopId>,
    pub direction: Direction,
    /// The customer: who called, or was called. `None` when withheld or not a public number.
    pub caller: Option<Number>,
    /// The caller as the network wrote it, control characters removed; empty when withheld. Of a phone of the shop that
    /// calls, its user.
    pub caller_raw: String,
    /// The display name that came with the call, control characters removed, at most 80 characters. Unverified. Of a phone
    /// of the shop that calls, its name.
    pub caller_display: String,
    pub withheld: bool,
    /// The number that was called, as the carrier wrote it; for a call of a phone what was dialled.
    pub called: String,
    pub door: Door,
    /// What makes the call one call towards its carrier: Call-ID, From-tag and CSeq number; or the CallSid. Unique.
    pub key: String,
    pub started: UnixMs,
    pub answered: Option<UnixMs>,
    pub ended: Option<UnixMs>,
    /// `None` while the call lives and none of them is a fact yet.
    pub disposition: Option<Disposition>,
    pub because: Because,
    pub ended_by: Option<EndedBy>,
    /// The name of the phone that answered; of a call to a number outside, of the phone that made it.
    pub answered_by: Option<Arc<str>>,
    /// Which call of this caller to this shop this is, ever, this one included; 0 for a withheld caller and for a phone.
    pub nth_call_from_caller: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A customer called.
    In,
    /// A phone of the shop called: another one, and then there is no `caller`; or a number outside, which then is it.
    Out,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Sip,
    Twilio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// A person answered.
    Answered,
    /// Open, and nobody picked up.
    Missed,
    /// Closed; the caller left a message.
    Message,
    /// Closed; the caller left none.
    NoMessage,
    /// Blocked, or the number is nobody's.
    Refused,
    /// We crashed before any of these was a fact.
    Interrupted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    Caller,
    Staff,
    GiveUp,
    Network,
    Crash,
}

/// A message that a caller has left. Its recording is a file that bears the call's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoiceMessage {
    pub call: CallId,
    /// When the caller began to speak: after the beep.
    pub recorded: UnixMs,
    pub length: Duration,
    /// So much of it is voice.
    pub voice: Duration,
}

/// Something that happened in a call. Appended, never changed; `seq` runs 1..n without a gap (DESIGN §5, L5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEvent {
    pub call: CallId,
    pub seq: u32,
    pub at: UnixMs,
    pub kind: EventKind,
    /// The phone it happened at, by its name.
    pub phone: Option<Arc<str>>,
    /// A few plain words or a number, for a reader: "486", "give_up". May be empty.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The call arrived and was decided.
    Arrived,
    /// An INVITE left for this phone.
    Offered,
    /// This phone rings.
    Ringing,
    /// This cell picked up, and is asked for a key.
    Screened,
    /// Whoever, or whatever, picked up there pressed none.
    NoKey,
    /// This phone picked up and has the call.
    Answered,
    /// This phone picked up too late: a colleague has the call.
    TooLate,
    /// This phone said no, or could not be reached; `detail` is the SIP status or "silent".
    Declined,
    /// This phone was told to stop ringing.
    Stopped,
    /// The caller hung up before anybody answered.
    GaveUp,
    /// Nobody answered in time: the caller got busy.
    NobodyAnswered,
    /// The caller could not be served: refused; `detail` is the SIP status.
    Refused,
    /// This phone was rung for a call back, and somebody has lifted it.
    Lifted,
    /// This phone has dialled a number outside, and a carrier is asked for it.
    Dialled,
    /// It rings there.
    RingsThere,
    /// Somebody has picked up there, or something.
    AnsweredThere,
    /// They could not be reached by that carrier; `detail` is the SIP status, "silent" or "no channel".
    NotReached,
    /// Held, and resumed; by whom is in `phone` (none: the caller, or whoever was called outside).
    Held,
    Resumed,
    /// This phone gives the call to another, whose name is in `detail`.
    Transferred,
    /// The caller is a fax machine: its calling tone was heard.
    Fax,
    /// The caller has heard the greeting and the beep: from here on it is recorded.
    Greeted,
    /// The caller has left a message; `detail` is its length in seconds.
    MessageLeft,
    /// The disk did not take the recording in time; what it has of it is looked for at the next start.
    MessageLost,
    /// The call is over; `detail` is who ended it, and what they said of it: "caller: Q.850 16 Normal call clearing".
    Ended,
}

spelled_as! {
    Direction { In = "in", Out = "out" }
    Door { Sip = "sip", Twilio = "twilio" }
    Disposition {
        Answered = "answered", Missed = "missed", Message = "message", NoMessage = "no_message",
        Refused = "refused", Interrupted = "interrupted",
    }
    EndedBy { Caller = "caller", Staff = "staff", GiveUp = "give_up", Network = "network", Crash = "crash" }
    EventKind {
        Arrived = "arrived", Offered = "offered", Ringing = "ringing", Screened = "screened", NoKey = "no_key", Answered = "answered", TooLate = "too_late",
        Declined = "declined", Stopped = "stopped", GaveUp = "gave_up", NobodyAnswered = "nobody_answered",
        Refused = "refused", Lifted = "lifted", Dialled = "dialled", RingsThere = "rings_there", AnsweredThere = "answered_there",
        NotReached = "not_reached", Held = "held", Resumed = "resumed", Transferred = "transferred", Fax = "fax",
        Greeted = "greeted", MessageLeft = "message_left",
        MessageLost = "message_lost", Ended = "ended",
    }
}

impl CallRecord {
    /// Whether a phone of the shop called somebody outside, or tried to.
    pub fn goes_outside(&self) -> bool {
        matches!(self.because, Because::CalledOut | Because::CalledForHelp)
    }

    /// How long it rang: until the answer, else until the end; up to `now` while it still rings. Nothing rings in a closed
    /// shop. Milliseconds.
    pub fn ring_ms(&self, now: UnixMs) -> u64 {
        if self.because.is_closed() {
            return 0;
        }
        self.answered.or(self.ended).unwrap_or(now).since(self.started)
    }

    /// How long they talked: from the answer to the end, up to `now` while they still do. Milliseconds.
    pub fn talk_ms(&self, now: UnixMs) -> u64 {
        self.answered.map_or(0, |answered| self.ended.unwrap_or(now).since(answered))
    }
}
