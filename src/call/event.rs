//! What both doors tell a call, and what a call asks of them.

use std::sync::Arc;
use std::time::Duration;

pub use super::leg::Stop;
use super::leg::{BindingId, LegId};
use super::record::{CallEvent, CallRecord, VoiceMessage};
pub use super::state::greeting::Closed;
use super::{Dictating, Drilled};
use crate::notice::Notice;
use crate::routing::plan::PhoneId;
use crate::routing::{NotDialled, Outside};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The row is durable.
    Recorded,
    /// A phone rings.
    Rings(LegId),
    /// The carrier of a number outside lets it be heard before anybody has picked up: ringing of its own, or words.
    Sounds(LegId),
    /// Somebody picked up, and can be heard: the codecs fit.
    PickedUp(LegId),
    /// Whoever listens at this leg, and was asked for a key, has pressed one.
    Pressed(LegId),
    /// They have heard twice who calls, and pressed none.
    NobodyPressed(LegId),
    /// A phone that somebody stands at takes this call, whether it rings there or not.
    Taken(Taker),
    /// Somebody wants to take this call at this phone, and has it rung.
    WantedAt(PhoneId),
    /// Nobody need call back any more for whom phones ring now.
    NotNeeded,
    /// Whoever talks at this leg gives the call to this phone.
    Referred {
        leg: LegId,
        to: PhoneId,
    },
    /// Whoever talks at this leg, or has made this call, gives it to whom they talk with in another one.
    Given(Given),
    /// Whoever has made this call gives whom they have called to somebody they talk with in another one, of this name:
    /// here it is over.
    GivenAway {
        /// The name of the phone that gives it.
        gives: Arc<str>,
        to: String,
    },
    /// A leg is over: it said no, fell silent, or confirmed that it stopped.
    LegEnded(LegId, LegEnd),
    /// Whoever had picked up hung up.
    LegHungUp(LegId, Option<Said>),
    CallerLeft(CallerLeft, Option<Said>),
    /// This phone has hung up another call: whoever waits for it may ring it.
    Freed(PhoneId),
    /// Somebody is at this place: it has come, or has answered something after a silence.
    Proven(BindingId),
    /// This place is reached by another way than before: what is on its way to it may be lost.
    Moved(BindingId),
    /// The carrier has taken the caller back from our own phones for a while, to ring numbers or to ask one for a key.
    TakenBack,
    /// The carrier cannot bring the caller to our own phones: from here on it rings the numbers alone.
    NumbersAlone,
    /// One of the two who talk wants to hear nothing for now.
    Held(Holder),
    /// They want to hear again.
    Resumed(Holder),
    /// Nothing has been heard of either of the two who talk for half a minute; where one of them holds, for half an hour.
    Silent,
    /// After that, one of them is heard again.
    Heard,
    /// The caller is a fax machine, by its tone.
    FaxHeard,
    /// The closed shop's greeting has been played, beep and all: what the caller says is recorded from here on.
    Greeted,
    /// The recording is over by itself: nobody speaks any more, or has said enough. It is not safe yet.
    RecordingEnded,
    /// The recording is over, and what is kept of it is on the disk.
    Sealed(Sealed),
    /// The service shuts down.
    Closing,
    /// The time of `poll_timeout` has come.
    Timeout,
}

/// Which phone takes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taker {
    pub phone: PhoneId,
    /// Its name, for the log.
    pub name: Arc<str>,
    /// A place of its own: where it dials from may be none where it can be rung.
    pub place: BindingId,
}

/// A call that is given to somebody who talks already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Who gives it.
    pub by: Giver,
    /// The name of the phone that does.
    pub gives: Arc<str>,
    /// The leg of the other call at which they talk.
    pub from: LegId,
    pub phone: PhoneId,
    /// Where that leg is; `None`: a number outside.
    pub place: Option<BindingId>,
    /// The phone's name, for the log.
    pub name: Arc<str>,
    /// Who has it now, for a reader: that name, or the number.
    pub to: String,
}

/// Which side of a call gives it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giver {
    Leg(LegId),
    /// The phone that has made it.
    Maker,
}

/// How a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegEnd {
    /// Somebody pressed "no" (603).
    Declined,
    /// 486 or 600: no, or on another call.
    Busy,
    /// Any other final answer, with its SIP status: the phone stopped by itself, or cannot take the call.
    Unavailable(u16),
    /// No answer at all.
    Silent,
    /// It picked up without a codec that the caller has.
    NoSharedCodec,
    /// It could not be rung: at this moment no media ports are bound that are nobody's.
    NoPorts,
    /// It could not be rung: its carrier carries as many calls as it can, or all but the one kept for the next customer, or
    /// takes none of ours.
    NoChannel,
    /// The carrier has stopped it, because it stopped everything that it rang: nobody said no, and it may be rung again.
    Cut,
    /// It stopped or hung up as it was told.
    Over,
}

/// By which ways a call's phones can be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// By SIP, cells through a trunk of ours.
    Sip,
    /// By SIP; but the numbers of cells by the carrier that the caller came by.
    SipAndNumbers,
    /// The numbers of cells alone, by that carrier.
    Numbers,
}

/// How the caller's leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerLeft {
    HungUp,
    /// The network lost them: our answer was never confirmed, or there is no way to them.
    Lost,
    /// Somebody had picked up, and they could not be connected all the same: they heard busy.
    NotConnected,
}

/// Who put the call on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Caller,
    Leg(LegId),
}

/// What a side said of its hanging up, for whoever reads the log: "Q.850 16 Normal call clearing".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said(pub String);

/// What is kept of a recording that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// A file of this length, so much of which is voice.
    Message { length: Duration, voice: Duration },
    /// Too little voice for a message (DESIGN §3, "Closed").
    Nothing,
    /// The disk would not take it. Should it do so later, that is told too; what it did take is looked for at the next
    /// start.
    Lost,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Make the row durable, then say [`Input::Recorded`].
    Record { medium: Medium, record: Box<CallRecord> },
    /// The row could not be made durable in time, and the call goes on: count it.
    Unrecorded,
    /// A line of the timeline, stored with the next commit.
    Log(CallEvent),
    /// The row has new facts, stored with the next commit.
    Changed(Box<CallRecord>),
    /// Ring this phone at this place.
    Ring { leg: LegId, phone: PhoneId, binding: BindingId },
    /// Ask the next carrier for the number that was dialled: the first that this call has not asked yet. Answered by
    /// [`LegEnd::NoChannel`] where there is none.
    Dial { leg: LegId, to: Outside },
    /// Whoever has picked up at this leg makes the call from here on: they are its caller, and hear ringing.
    Lift { leg: LegId },
    /// This phone was rung to see whether it does: what has come of it so far; `None`: nothing will, it was cut short.
    Drilled { phone: PhoneId, drilled: Option<Drilled> },
    /// Whoever has picked up at this leg is told when to speak, and what they say is recorded.
    Dictate { leg: LegId },
    /// How far somebody is who says the greeting's own words.
    Dictating(Dictating),
    /// Let the caller hear what the carrier lets be heard of this leg.
    LetHear { leg: LegId },
    /// Stop this leg's ringing.
    Stop { leg: LegId, why: Stop },
    /// Tell whoever has picked up at this leg who calls, twice, and ask them for a key.
    Screen { leg: LegId },
    /// Tell whoever was asked for a key at this leg why that is of no use any more, then hang up.
    Dismiss { leg: LegId, why: Stop },
    /// The phone that takes this call is this leg: it has picked up, and is told so by [`Output::Answer`].
    Take { leg: LegId },
    /// Connect the caller, who was answered, with this leg in place of whoever or whatever was there.
    Join { leg: LegId },
    /// This leg is the one that was `from` in another call: connect the caller with it.
    Adopt { leg: LegId, from: LegId },
    /// The caller, who is one of the shop's phones, gives their place to whoever talks at `from` in another call.
    Succeed { from: LegId },
    /// Tell whoever gives the call away at this leg what has become of it.
    Tell { leg: LegId, progress: Progress },
    /// Hang up this leg, which has picked up.
    HangUp { leg: LegId, why: Stop },
    /// Let the caller hear ringing.
    Announce,
    /// Answer the caller and connect them with this leg.
    Answer { leg: LegId },
    /// Answer the caller, play the greeting of a closed shop, and record what follows.
    Greet(Closed),
    /// The caller has left a message: a row of its own, stored with the next commit.
    Keep(VoiceMessage),
    /// Something is wrong in the shop: its owner is to know.
    Notify(Notice),
    /// Tell the caller that there will be no answer.
    Refuse(Final),
    /// Hang up on the caller, who was answered.
    HangUpCaller(Stop),
    /// Nothing is heard of the caller and this leg: ask both whether they are still there. Who does not answer is
    /// [`Input::CallerLeft`] or [`Input::LegEnded`].
    AskBoth { leg: LegId },
    /// One of them is heard again: the answers are of no interest any more.
    StopAsking { leg: LegId },
}

/// Why a phone is not rung for somebody who wants to call, or to take a call, with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRung {
    /// There is no such phone, or it is behind a carrier.
    NoPhone,
    /// It cannot be reached.
    Unreachable,
    /// It rings, or somebody talks there.
    Busy,
    /// The call to be taken is over, or somebody has it.
    Gone,
    /// The customer is in a call with the shop, calls it now, or is about to be called.
    InTouch,
    /// The number is not called.
    Number(NotDialled),
    /// There are no ports left for the sound.
    Full,
    /// The service stops.
    Closing,
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The colleague's phone rings.
    Rings,
    /// The colleague has the call.
    Taken,
    /// Nobody took it: it is where it was.
    NotTaken,
}

/// Where a row is made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    Store,
    /// The fsynced journal beside the store, replayed when the store is back: asked for when the store stalls.
    Journal,
}

/// What a caller who is not answered gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Final {
    /// 486: blocked, or nobody answered. Never a recording.
    Busy,
    /// 404: the number is nobody's.
    NotFound,
    /// 487: they cancelled.
    Cancelled,
    /// 480: closed.
    Unavailable,
    /// 488: no codec of theirs is one of ours.
    NotAcceptable,
    /// 503: the whole service shuts down.
    Draining,
    /// 403, with the reason in words: a phone of the shop has dialled what it may not.
    NotDialled(NotDialled),
}

impl Final {
    /// The SIP status that says it (RFC 3261 §21), which the log keeps too.
    pub fn status(self) -> u16 {
        match self {
            Final::Busy => 486,
            Final::NotFound => 404,
            Final::Cancelled => 487,
            Final::Unavailable => 480,
            Final::NotAcceptable => 488,
            Final::Draining => 503,
            Final::NotDialled(_) => 403,
        }
    }

    /// The same for the log: why, where the status does not say it.
    pub fn detail(self) -> String {
        match self {
            Final::NotDialled(why) => why.as_str().to_owned(),
            Final::Busy
            | Final::NotFound
            | Final::Cancelled
            | Final::Unavailable
            | Final::NotAcceptable
            | Final::Draining => self.status().to_string(),
        }
    }
}
