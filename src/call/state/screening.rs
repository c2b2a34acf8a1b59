//! A cell has picked up. Whether that is a person nobody can hear: a personal mailbox picks up too, and so do some carriers
//! by themselves. So it is told who calls and asked for a key; until then the other phones ring on, and the caller hears
//! ringing (DESIGN §3, "Cell phones").

use std::time::Duration;

use super::super::event::{Output, Stop};
use super::super::facts::Facts;
use super::super::leg::{BindingId, LegId, LegState, TakenBy};
use super::super::record::EventKind;
use crate::now::{Mono, Now};

/// The longest card, twice, with the pauses to press; the packet thread tells when it has been heard, but may be silent.
const SCREENED_FOR: Duration = Duration::from_secs(40);

/// Whether this leg's phone has to be asked.
pub(super) fn is_due(leg: LegId, facts: &Facts) -> bool {
    facts.legs.get(&leg).is_some_and(|leg| leg.taken_by == TakenBy::Key)
}

pub(super) fn begin(now: Now, id: LegId, facts: &mut Facts) {
    let Some(leg) = facts.legs.get_mut(&id) else { return };
    leg.state = LegState::Screening { until: now.mono + SCREENED_FOR };
    let leg = leg.clone();
    facts.note(now, EventKind::Screened, Some(&leg), "");
    facts.push(Output::Screen { leg: id });
}

/// Nobody pressed a key: that leg is hung up. The answer is where it was rung, if it was being asked.
pub(super) fn drop_leg(now: Now, id: LegId, facts: &mut Facts) -> Option<BindingId> {
    let leg = facts.legs.get_mut(&id).filter(|leg| matches!(leg.state, LegState::Screening { .. }))?;
    leg.state = LegState::Leaving(Stop::Finished);
    let leg = leg.clone();
    facts.note(now, EventKind::NoKey, Some(&leg), "");
    facts.push(Output::HangUp { leg: id, why: Stop::Finished });
    leg.binding
}

/// The legs that have been asked for too long.
pub(super) fn overdue(now: Now, facts: &Facts) -> Vec<LegId> {
    let is_over = |state| matches!(state, LegState::Screening { until } if until <= now.mono);
    facts.legs.iter().filter(|(_, leg)| is_over(leg.state)).map(|(id, _)| *id).collect()
}

pub(super) fn deadline(facts: &Facts) -> Option<Mono> {
    let until = facts.legs.values().filter_map(|leg| match leg.state {
        LegState::Screening { until } => Some(until),
        LegState::Offered | LegState::Ringing | LegState::Talking | LegState::Leaving(_) => None,
    });
    until.min()
}
