//! The shop's side of a call: one leg for each place where a phone is rung. A leg exists until its final answer; told to
//! stop is not gone.

use std::sync::Arc;

use super::record::CallId;
use crate::now::Mono;
use crate::routing::plan::PhoneId;

/// The name of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId {
    pub call: CallId,
    pub nth: u16,
}

/// The name of one place where a phone can be rung: a fixed contact or one registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindingId(pub u64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The phone that is rung; of a leg to a number outside, the one that has dialled it.
    pub phone: PhoneId,
    /// `None`: a number outside.
    pub binding: Option<BindingId>,
    /// The phone's name, for the log.
    pub name: Arc<str>,
    /// When its INVITE left.
    pub offered: Mono,
    pub taken_by: TakenBy,
    pub state: LegState,
}

impl Leg {
    /// Whether it has picked up and is asked for a key.
    pub fn is_screened(&self) -> bool {
        matches!(self.state, LegState::Screening { .. })
    }
}

/// What shows that a person has a leg. Kept with the leg: what its phone is may change while it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBy {
    PickingUp,
    /// Behind a carrier a mailbox may pick up too.
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegState {
    /// The INVITE is out.
    Offered,
    Ringing,
    /// It has picked up, and a person has to press a key until then: it may be a mailbox (DESIGN §3, "Cell phones").
    Screening {
        until: Mono,
    },
    /// It has the call.
    Talking,
    /// It was told to stop, for this reason, and has not confirmed yet.
    Leaving(Stop),
}

/// Why a phone is told to stop: it decides whether the phone shows a missed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A colleague has the call: nothing was missed.
    AnsweredElsewhere,
    CallerGaveUp,
    /// Give-up time.
    NobodyAnswered,
    /// The conversation is over.
    Finished,
    /// The phone is somewhere else now, and is rung there.
    Moved,
    /// The conversation is over because nothing was heard any more, or the other side could not be reached.
    Lost,
}
