//! Somebody who talks in two calls gives one of them to the other (an attended transfer): those who are left talk with each
//! other at once, because both are on the line. One of the two calls goes on, the other is over.

use std::sync::Arc;

use super::super::event::{Given, Giver, Output, Stop};
use super::super::facts::Facts;
use super::super::leg::{Leg, LegState, TakenBy};
use super::super::record::{Disposition, EndedBy, EventKind};
use super::Phase;
use super::talking::{self, Talking};
use crate::now::Now;

/// The call goes on with somebody else.
pub(super) fn given(now: Now, talking: Talking, given: Given, facts: &mut Facts) -> Phase {
    let Given { by, gives, from, phone, place, name, to } = given;
    let winner = talking.winner();
    let taken_by = TakenBy::PickingUp;
    let leg = Leg { phone, binding: place, name, offered: now.mono, taken_by, state: LegState::Talking };
    match by {
        Giver::Leg(giver) if giver == winner => {
            facts.note_at(now, EventKind::Transferred, Some(gives), &to);
            let taker = facts.new_leg(leg.clone());
            note_answered(now, &leg, facts);
            facts.push(Output::Adopt { leg: taker, from });
            talking::hang_up_winner(giver, Stop::Finished, facts);
            Phase::Talking(Talking::with(taker))
        }
        Giver::Leg(_) => Phase::Talking(talking),
        Giver::Maker => {
            facts.note_at(now, EventKind::Transferred, Some(gives), &to);
            note_answered(now, &leg, facts);
            facts.push(Output::Succeed { from });
            Phase::Talking(Talking::with(winner))
        }
    }
}

/// Who has made this call gives whom they have called to another one. That leg is moved there, and so is not hung up on.
pub(super) fn given_away(now: Now, talking: &Talking, gives: Arc<str>, to: &str, facts: &mut Facts) -> Phase {
    facts.note_at(now, EventKind::Transferred, Some(gives), to);
    facts.legs.remove(&talking.winner());
    facts.tell_caller(Output::HangUpCaller(Stop::Finished));
    facts.end(now, Disposition::Answered, Some(EndedBy::Staff));
    Phase::Ending
}

/// A number outside has answered before, and it is known who has called it.
fn note_answered(now: Now, leg: &Leg, facts: &mut Facts) {
    if leg.binding.is_some() {
        facts.note(now, EventKind::Answered, Some(leg), "");
    }
}
