//! How a call begins: what was decided of it, what a phone of the shop wants, or why nobody can take it.

use std::sync::Arc;
use std::time::Duration;

use super::event::{Final, Output, Ways};
use super::facts::{Facts, Logged};
use super::phones::Phones;
use super::record::{Disposition, EndedBy, EventKind};
use super::state::{Phase, dialling, greeting, lifting, ringing};
use crate::now::Now;
use crate::number::Number;
use crate::routing::Outside;
use crate::routing::decision::{Action, Opening, Refusal, Ring};
use crate::routing::plan::PhoneId;

/// What a call begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    Decided(Action),
    /// It was decided that it rings, by these ways.
    Rings(Ring, Ways),
    /// A phone of the shop has dialled a number outside.
    Dial(Dial),
    /// Phones of the shop are rung: whoever lifts one is put through to a number outside.
    Lift(Lift),
    /// Whatever was decided, this caller cannot be connected to anybody.
    Unservable(Final),
    /// It was decided to take this call, but there are no ports left for its sound: as many talk as can. So it is one that
    /// nobody took, of this kind.
    NoPorts(Disposition),
}

/// A call to a number outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Who calls.
    pub phone: PhoneId,
    pub name: Arc<str>,
    pub to: Outside,
    /// So many ways there are to be asked by, one after the other.
    pub carriers: usize,
}

/// Phones of the shop that ring while nobody outside is concerned: to call somebody back, to see whether they ring, or for
/// somebody who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    pub occasion: Occasion,
    pub phones: Vec<Lifter>,
    pub then: Then,
    /// So long they ring.
    pub within: Duration,
}

/// One of them, and by what the log knows it; empty where no row is ever written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifter {
    pub phone: PhoneId,
    pub user: String,
}

/// Why they ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The customer has just given up: nobody has asked for it.
    Missed,
    /// Somebody who looks at the page has.
    Asked,
    /// Nobody is called: somebody wants to know whether the phone rings.
    Drill,
    /// Nobody is called either: somebody wants to say the greeting's own words.
    Speak,
}

/// What becomes of whoever lifts such a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// They are put through to this customer; carriers as in [`Dial`].
    Calls { to: Number, carriers: usize },
    /// It has rung: that is all.
    HangsUp,
    /// A machine listens to them.
    Speaks,
}

/// What came of ringing a phone to see whether it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drilled {
    /// It was asked, and has said nothing yet.
    Asked,
    Rings,
    /// It rang, and somebody lifted it.
    Lifted,
    /// It rang, and nobody lifted it.
    Rang,
    /// It did not ring.
    Silent,
}

/// How far somebody is who wants to say the greeting's own words at a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dictating {
    /// The phone was asked to ring.
    Asked,
    Rings,
    /// Nobody lifted it.
    NotLifted,
    /// A customer called who needed the phone.
    MadeWay,
    /// They hear what they are to do.
    IsTold,
    Speaks,
    IsOver,
}

impl Begin {
    /// The ways by which phones are rung for it.
    pub(super) fn ways(&self) -> Ways {
        match self {
            Begin::Rings(_, ways) => *ways,
            Begin::Decided(_) | Begin::Dial(_) | Begin::Lift(_) | Begin::Unservable(_) | Begin::NoPorts(_) => Ways::Sip,
        }
    }

    /// The phase that such a call begins in.
    pub(super) fn phase(self, now: Now, facts: &mut Facts, phones: &Phones) -> Phase {
        match self {
            Begin::Decided(Action::Ring(ring)) | Begin::Rings(ring, _) => {
                facts.note(now, EventKind::Arrived, None, "");
                Phase::Ringing(ringing::Ringing::begin(now, ring, facts, phones))
            }
            Begin::Decided(Action::TakeMessage { opens }) => {
                let opening = Opening::of(opens, &facts.record.because);
                Phase::Greeting(greeting::Greeting::begin(now, opening, facts))
            }
            Begin::Decided(Action::Refuse(Refusal::Blocked)) => facts.turn_away(now, Disposition::Refused, Final::Busy),
            Begin::Decided(Action::Refuse(Refusal::NotOurNumber)) => {
                facts.turn_away(now, Disposition::Refused, Final::NotFound)
            }
            Begin::Dial(dial) => Phase::Dialling(dialling::Dialling::begin(now, dial, facts)),
            Begin::Lift(lift) => {
                facts.logged = Logged::Unwritten;
                lifting::Lifting::begin(now, lift, facts, phones)
            }
            Begin::NoPorts(disposition) => facts.no_ports(now, disposition),
            Begin::Unservable(answer) => facts.turn_away(now, Disposition::Refused, answer),
        }
    }
}

impl Facts {
    /// A call that rings nobody gets its final answer.
    fn turn_away(&mut self, now: Now, disposition: Disposition, answer: Final) -> Phase {
        self.note(now, EventKind::Arrived, None, "");
        self.note(now, EventKind::Refused, None, &answer.detail());
        self.end(now, disposition, None);
        self.tell_caller(Output::Refuse(answer));
        Phase::Ending
    }

    /// Busy is what a shop is whose lines are all taken; 503 would send the carrier away from it for minutes (RFC 3261
    /// §21.5.4).
    fn no_ports(&mut self, now: Now, disposition: Disposition) -> Phase {
        self.note(now, EventKind::Arrived, None, "");
        self.note(now, EventKind::Refused, None, "no ports");
        self.end(now, disposition, Some(EndedBy::GiveUp));
        self.tell_caller(Output::Refuse(Final::Busy));
        Phase::Ending
    }
}
