//! What happens while a call lives: one machine for both doors. It knows legs, phones and time; it knows no protocol.
//!
//! A call is in one phase ([`state`]); each phase says what every input means in it. What the caller could hear is held
//! back until the call's row is durable, whatever phase asks for it: see [`Facts::tell_caller`].

mod begin;
pub mod by_phone;
pub mod event;
mod facts;
pub mod leg;
pub mod phones;
pub mod record;
mod state;

use std::sync::Arc;

use crate::now::{Mono, Now};
use crate::routing::decision::Because;
use crate::routing::plan::{PhoneId, Shop};

use event::{Given, Giver, Input, Medium, Output, Stop};
use facts::{Facts, Logged};
use leg::{Leg, LegId, LegState, TakenBy};
use phones::{Age, Awaited, Phones, Use};
use record::{CallRecord, Direction, Disposition, EndedBy};
use state::Phase;

pub use begin::{Begin, Dial, Dictating, Drilled, Lift, Lifter, Occasion, Then};
pub use facts::RECORD_WITHIN;

/// One live call.
#[derive(Debug)]
pub struct Call {
    facts: Facts,
    phase: Phase,
}

/// What a phone of the shop does in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtPhone {
    Rings(LegId),
    Talks(LegId),
    HasCalled,
}

/// Who waits for somebody to pick up, in the order in which they are: whoever rings before whoever can at least leave a
/// message, and a customer before a colleague.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    CustomerRings,
    /// At the greeting, or leaving a message.
    AtTheMachine,
    ColleagueRings,
}

impl Call {
    /// A call that has just arrived. `record` is its first row.
    pub fn new(now: Now, record: CallRecord, shop: Option<Arc<Shop>>, begin: Begin, phones: &Phones) -> Call {
        let mut facts = Facts::new(now, record, shop, begin.ways());
        let phase = begin.phase(now, &mut facts, phones);
        // The row goes first in line, with all that is a fact already; the phones' INVITEs do not wait for it.
        if facts.logged != Logged::Unwritten {
            facts.outputs.push_front(Output::Record { medium: Medium::Store, record: Box::new(facts.record.clone()) });
        }
        Call { facts, phase }
    }

    /// The same, made by a phone of the shop.
    pub fn made_by(mut self, phone: Option<PhoneId>) -> Call {
        self.facts.made_by = phone;
        self
    }

    /// Something happened.
    pub fn handle(&mut self, now: Now, input: Input, phones: &Phones) {
        if let Input::Recorded = input {
            self.facts.recorded(Logged::Durable);
        }
        if let Input::Timeout = input {
            self.facts.log_is_late(now);
        }
        if let (Input::Given(Given { by: Giver::Maker, phone, .. }), Phase::Talking(_)) = (&input, &self.phase) {
            self.facts.made_by = Some(*phone);
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Ending);
        self.phase = phase.on(now, input, &mut self.facts, phones);
    }

    /// What to do, until there is no more.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.facts.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is wanted at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let log = match self.facts.logged {
            Logged::Asked { until, .. } => Some(until),
            Logged::Unwritten | Logged::Durable | Logged::Unheard => None,
        };
        [log, self.phase.deadline(&self.facts)].into_iter().flatten().min()
    }

    /// Everybody is gone, everything is said: the call can be forgotten.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ending)
            && self.facts.legs.is_empty()
            && self.facts.held.is_empty()
            && self.facts.outputs.is_empty()
            && !matches!(self.facts.logged, Logged::Asked { .. })
    }

    /// The row as it stands.
    pub fn record(&self) -> &CallRecord {
        &self.facts.record
    }

    /// The shop that was called, as its owner had set it when the call came.
    pub fn shop(&self) -> Option<&Arc<Shop>> {
        self.facts.shop.as_ref()
    }

    /// The row of a call that a bug of ours ends here and now: a fact already known is kept (DESIGN §3).
    pub fn crashed(mut self, now: Now) -> CallRecord {
        self.facts.record.ended.get_or_insert(now.wall);
        self.facts.record.disposition.get_or_insert(Disposition::Interrupted);
        self.facts.record.ended_by.get_or_insert(EndedBy::Crash);
        self.facts.record
    }

    /// The older call has the smaller.
    pub fn age(&self) -> Age {
        (self.facts.record.started, self.facts.record.id)
    }

    /// The phones that have a leg of this call, or have made it.
    pub fn uses(&self) -> impl Iterator<Item = Use> + Clone {
        // Who has dialled a number outside, and has given that away, is out of it.
        let is_its = |leg: &&Leg| leg.binding.is_some() || self.facts.made_by == Some(leg.phone);
        let legs = self.facts.legs.values().filter(is_its).map(|leg| {
            // Who was told to hang up talks until that is confirmed.
            let talks = matches!(leg.state, LegState::Talking | LegState::Leaving(Stop::Finished | Stop::Lost));
            Use { phone: leg.phone, talks }
        });
        let maker = match self.phase {
            Phase::Ringing(_) | Phase::Greeting(_) | Phase::Dialling(_) => {
                self.facts.made_by.map(|phone| Use { phone, talks: false })
            }
            Phase::Speaking(_) | Phase::Talking(_) | Phase::Transferring(_) => {
                self.facts.made_by.map(|phone| Use { phone, talks: true })
            }
            Phase::Lifting(_) | Phase::Ending => None,
        };
        maker.into_iter().chain(legs)
    }

    /// What the caller waits for, beside those phones that ring.
    pub fn awaited(&self) -> &[Awaited] {
        match &self.phase {
            Phase::Ringing(ringing) => ringing.awaited(),
            Phase::Greeting(_) | Phase::Lifting(_) | Phase::Speaking(_) | Phase::Dialling(_) => &[],
            Phase::Talking(_) | Phase::Transferring(_) | Phase::Ending => &[],
        }
    }

    /// Whether the caller waits for somebody to pick up.
    pub fn is_ringing(&self) -> bool {
        matches!(self.phase, Phase::Ringing(_))
    }

    /// Whether the caller may be told anything: the row is durable, or has been waited for long enough.
    pub fn may_be_heard(&self) -> bool {
        !matches!(self.facts.logged, Logged::Asked { .. })
    }

    /// The leg that the caller talks with, also while that one gives them away.
    pub fn connected_with(&self) -> Option<LegId> {
        let talking = self.facts.legs.iter().find(|(_, leg)| leg.state == LegState::Talking);
        talking.map(|(id, _)| *id).filter(|_| matches!(self.phase, Phase::Talking(_) | Phase::Transferring(_)))
    }

    /// When a ringing call is given up at the latest, and when before that another number is to be rung.
    pub fn rings_until(&self, phones: &Phones) -> Option<(Mono, Option<Mono>)> {
        match &self.phase {
            Phase::Ringing(ringing) => Some((ringing.gives_up_at(), ringing.next_number_at(phones))),
            Phase::Greeting(_) | Phase::Lifting(_) | Phase::Speaking(_) | Phase::Dialling(_) => None,
            Phase::Talking(_) | Phase::Transferring(_) | Phase::Ending => None,
        }
    }

    /// Who made this call, where it was a phone of the shop.
    pub fn maker(&self) -> Option<PhoneId> {
        self.facts.made_by
    }

    /// Whether phones ring for a call back that nobody has lifted yet, and why.
    pub fn lifting(&self) -> Option<Occasion> {
        match &self.phase {
            Phase::Lifting(lifting) => Some(lifting.occasion()),
            Phase::Ringing(_)
            | Phase::Greeting(_)
            | Phase::Speaking(_)
            | Phase::Dialling(_)
            | Phase::Talking(_)
            | Phase::Transferring(_)
            | Phase::Ending => None,
        }
    }

    /// Whether somebody of the shop has lifted a phone to say the greeting's own words.
    pub fn is_dictated(&self) -> bool {
        matches!(self.phase, Phase::Speaking(_))
    }

    /// Whether there is a row of it, or is to be.
    pub fn is_written(&self) -> bool {
        self.facts.logged != Logged::Unwritten
    }

    /// The leg that the caller talks with, unless the call is being given away.
    pub fn talks_with(&self) -> Option<LegId> {
        match &self.phase {
            Phase::Talking(talking) => Some(talking.winner()),
            Phase::Ringing(_) | Phase::Greeting(_) | Phase::Lifting(_) => None,
            Phase::Speaking(_) | Phase::Dialling(_) | Phase::Transferring(_) | Phase::Ending => None,
        }
    }

    /// This leg, while it is there.
    pub fn leg(&self, leg: LegId) -> Option<&Leg> {
        self.facts.legs.get(&leg)
    }

    /// The phones of the shop that ring or talk in this call, as their colleagues' keys show them. Who calls is in a
    /// conversation, whatever the other side does.
    pub fn at_phones(&self) -> impl Iterator<Item = (PhoneId, AtPhone)> {
        let is_phone = |leg: &&Leg| leg.binding.is_some() && leg.taken_by == TakenBy::PickingUp;
        let legs =
            self.facts.legs.iter().filter(move |(_, leg)| is_phone(leg)).filter_map(|(id, leg)| match leg.state {
                LegState::Ringing => Some((leg.phone, AtPhone::Rings(*id))),
                LegState::Talking => Some((leg.phone, AtPhone::Talks(*id))),
                LegState::Offered | LegState::Screening { .. } | LegState::Leaving(_) => None,
            });
        let is_over = matches!(self.phase, Phase::Ending);
        let maker = self.facts.made_by.filter(|_| !is_over).map(|phone| (phone, AtPhone::HasCalled));
        maker.into_iter().chain(legs)
    }

    /// Whether somebody outside, whom a phone of the shop has called, is in this call; help is not meant.
    pub fn is_out(&self) -> bool {
        let is_out = |leg: &Leg| leg.binding.is_none();
        match self.facts.record.because {
            Because::CalledForHelp => false,
            Because::CalledOut => self.facts.record.ended.is_none(),
            _ => self.facts.legs.values().any(is_out),
        }
    }

    /// Whether somebody could pick up now.
    pub fn waits(&self) -> Option<Waits> {
        match (&self.phase, self.facts.record.direction) {
            (Phase::Ringing(_), Direction::In) => Some(Waits::CustomerRings),
            (Phase::Ringing(_), Direction::Out) => Some(Waits::ColleagueRings),
            (Phase::Greeting(greeting), _) => greeting.is_listened_to().then_some(Waits::AtTheMachine),
            (Phase::Lifting(_) | Phase::Speaking(_) | Phase::Dialling(_), _) => None,
            (Phase::Talking(_) | Phase::Transferring(_) | Phase::Ending, _) => None,
        }
    }

    /// Whether somebody has picked up, and the caller was not told yet: whoever that is may be gone before.
    pub fn may_be_unanswered(&self) -> bool {
        self.facts.held.iter().any(|held| matches!(held, Output::Answer { .. }))
    }

    /// How many of the shop's legs live.
    pub fn legs(&self) -> usize {
        self.facts.legs.len()
    }
}
