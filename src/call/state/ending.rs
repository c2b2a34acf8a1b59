//! The caller's part is over. Legs that were told to stop are still legs until they confirm it.

use super::super::event::{Input, Output};
use super::super::facts::Facts;
use super::super::leg::{LegId, LegState};
use super::super::record::EventKind;
use super::Phase;
use crate::now::Now;

pub(crate) fn on(now: Now, input: Input, facts: &mut Facts) -> Phase {
    match input {
        // The caller has left before, or was told; nothing is left to end.
        Input::Recorded
        | Input::Timeout
        | Input::Rings(_)
        | Input::Sounds(_)
        | Input::Pressed(_)
        | Input::NobodyPressed(_)
        | Input::Freed(_)
        | Input::Proven(_)
        | Input::Moved(_)
        | Input::TakenBack
        | Input::NumbersAlone
        | Input::CallerLeft(..)
        | Input::Held(_)
        | Input::Resumed(_)
        | Input::Silent
        | Input::Heard
        | Input::FaxHeard
        | Input::Taken(_)
        | Input::WantedAt(_)
        | Input::NotNeeded
        | Input::Referred { .. }
        | Input::Given(_)
        | Input::GivenAway { .. }
        | Input::RecordingEnded
        | Input::Closing => {}
        Input::Greeted => facts.beep_came(now),
        Input::Sealed(sealed) => facts.interrupted_is_safe(now, sealed),
        Input::PickedUp(leg) => too_late(now, leg, facts),
        Input::LegEnded(leg, _) | Input::LegHungUp(leg, _) => {
            facts.legs.remove(&leg);
        }
    }
    Phase::Ending
}

/// Its 200 crossed our CANCEL: the call exists on that phone and must be ended there (RFC 3261 §15).
pub(crate) fn too_late(now: Now, id: LegId, facts: &mut Facts) {
    let Some(leg) = facts.legs.get(&id).cloned() else { return };
    match leg.state {
        LegState::Leaving(why) => {
            match leg.binding {
                Some(_) => facts.note(now, EventKind::TooLate, Some(&leg), ""),
                None => facts.note(now, EventKind::AnsweredThere, None, ""),
            }
            facts.push(Output::HangUp { leg: id, why });
        }
        LegState::Offered | LegState::Ringing | LegState::Screening { .. } | LegState::Talking => {}
    }
}
